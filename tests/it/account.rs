//! An AWS account for tests: moto, and boto3 to look at it and to change it as others would.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::moto;
use crate::moto::Moto;
use crate::program::Ended;
use crate::proxy::exchange;

/// What every script begins with.
const PRELUDE: &str = r#"
import json, boto3
s3, sns, sqs, iam, kms, events, cloudtrail, organizations = (boto3.client(name, region_name="eu-central-1") for name in
    ["s3", "sns", "sqs", "iam", "kms", "events", "cloudtrail", "organizations"])
ACCOUNT, REGION = "123456789012", "eu-central-1"
BUCKET, URL = f"trailql-{ACCOUNT}-{REGION}", None
def bucket(name):
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
def policy(name):
    return json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
def put_policy(name, change):
    document = policy(name)
    document["Statement"] = change(document["Statement"])
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(document))
def queue(name="trailql"):
    return sqs.get_queue_url(QueueName=name)["QueueUrl"]
def attributes(**changed):
    sqs.set_queue_attributes(QueueUrl=queue(), Attributes=changed)
def queue_policy(change):
    document = json.loads(sqs.get_queue_attributes(QueueUrl=queue(), AttributeNames=["Policy"])["Attributes"]["Policy"])
    document["Statement"] = change(document["Statement"])
    attributes(Policy=json.dumps(document))
def tried(ask):
    try:
        return ask()
    except Exception:
        return None
"#;

/// Prints all that setup touches, without what differs from run to run, as access logs do.
const STATE: &str = r#"
def without(answer, *names):
    if isinstance(answer, dict):
        return {key: value for key, value in answer.items() if key not in ("ResponseMetadata", *names)}
    return answer
state = {}
for name in sorted(it["Name"] for it in s3.list_buckets()["Buckets"]):
    state[f"bucket {name}"] = {
        ask: without(tried(lambda: getattr(s3, ask)(Bucket=name)))
        for ask in ["get_bucket_policy", "get_public_access_block", "get_bucket_encryption", "get_bucket_versioning",
                    "get_bucket_lifecycle_configuration", "get_bucket_notification_configuration",
                    "get_bucket_tagging", "get_bucket_logging"]}
    state[f"bucket {name}"]["objects"] = [it["Key"] for it in s3.list_objects_v2(Bucket=name, Prefix="AWSLogs/").get("Contents", [])]
for trail in cloudtrail.describe_trails()["trailList"]:
    state[f"trail {trail['Name']}"] = [trail, cloudtrail.get_trail_status(Name=trail["Name"])["IsLogging"],
        without(cloudtrail.get_event_selectors(TrailName=trail["Name"])),
        cloudtrail.list_tags(ResourceIdList=[trail["TrailARN"]])["ResourceTagList"]]
for topic in sns.list_topics()["Topics"]:
    state[f"topic {topic['TopicArn']}"] = [sns.get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"].get("Policy"),
        sorted((it["Protocol"], it["Endpoint"]) for it in sns.list_subscriptions_by_topic(TopicArn=topic["TopicArn"])["Subscriptions"])]
for url in sqs.list_queues().get("QueueUrls", []):
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    state[f"queue {attributes['QueueArn']}"] = {key: value for key, value in attributes.items()
        if "Timestamp" not in key and not key.startswith("Approximate")}
for rule in events.list_rules()["Rules"]:
    state[f"rule {rule['Name']}"] = [rule, events.list_targets_by_rule(Rule=rule["Name"])["Targets"]]
for role in iam.list_roles()["Roles"]:
    names = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    state[f"role {role['RoleName']}"] = [role["AssumeRolePolicyDocument"],
        {name: iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"] for name in names}]
# Moto has aliases of AWS too.
state["aliases"] = sorted(it["AliasName"] for it in kms.list_aliases()["Aliases"] if "alias/aws/" not in it["AliasName"])
state["keys"] = len(kms.list_keys()["Keys"])
print(json.dumps(state, sort_keys=True))
"#;

/// An account, and a folder to run the program in.
pub(crate) struct Account {
    pub(crate) moto: Moto,
    python: PathBuf,
    folder: TempDir,
}

impl Account {
    /// Opens an account; none where there is no Python or no package index.
    pub(crate) fn open() -> Option<Self> {
        let moto = Moto::start()?;
        Some(Self { moto, python: moto::interpreter()?, folder: TempDir::new().unwrap() })
    }

    /// The folder that the program runs in, which is also its home.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Empties the account, and the folder's settings.
    pub(crate) fn empty(&self) {
        let head = "POST /moto-api/reset HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let answer = exchange(self.moto.port(), head.as_bytes()).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"));
        // It need not be there.
        let _ = std::fs::remove_dir_all(self.folder().join("settings"));
    }

    /// The program, to be run against the account or a proxy before it.
    pub(crate) fn command(&self, endpoint: &str, arguments: &[&str]) -> Command {
        let mut command = moto::command(self.folder(), endpoint, arguments);
        command.env("XDG_CONFIG_HOME", self.folder().join("settings"));
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.command(&self.moto.endpoint(), arguments).output().unwrap().into()
    }

    /// Runs the program, which must end well.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}\n{}\n{}", ended.out, ended.err);
        ended.out
    }

    /// Runs lines of Python with the clients of boto3; gives what they print.
    pub(crate) fn boto(&self, script: &str) -> String {
        let output = Command::new(&self.python)
            .args(["-c", &format!("{PRELUDE}{script}")])
            .envs(moto::environment(&self.moto.endpoint()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// All that is in the account.
    pub(crate) fn state(&self) -> Value {
        serde_json::from_str(&self.boto(STATE)).unwrap()
    }
}
