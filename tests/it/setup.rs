//! Setting an account up: from nothing to events, over what is there, again after each failure, and back.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::account::Account;
use crate::program::rows;
use crate::proxy::Asked;
use crate::proxy::Fate;
use crate::proxy::Proxy;

const BUCKET: &str = "trailql-123456789012-eu-central-1";
/// All that setup can make at once.
pub(crate) const EVERYTHING: &[&str] = &[
    "setup",
    "--yes",
    "--queue",
    "--kms",
    "trailql",
    "--retention",
    "400",
    "--s3-access-logs",
    "data",
    "--data-events",
    "AWS::S3::Object",
];

fn delivery(number: usize) -> Vec<u8> {
    let event = json!({
        "eventVersion": "1.09", "eventTime": "2026-09-17T08:14:05Z", "eventSource": "ec2.amazonaws.com",
        "eventName": "RunInstances", "eventID": format!("event-{number}"), "awsRegion": "eu-central-1",
    });
    json!({"Records": [event]}).to_string().into_bytes()
}

fn key(number: usize) -> String {
    format!(
        "AWSLogs/123456789012/CloudTrail/eu-central-1/2026/09/17/\
         123456789012_CloudTrail_eu-central-1_20260917T0815Z_{number:016}.json"
    )
}

/// Follows what setup has written down, delivers once the queue is read, and waits for so many rows.
fn follow(account: &Account, rows: usize, deliver: impl FnOnce()) {
    let arguments = ["--lake", "lake", "ingest", "--follow"];
    let mut command = account.command(&account.moto.endpoint(), &arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let (id, mut told) = (child.id().to_string(), 0);
    let (sender, receiver) = mpsc::channel::<()>();
    let watch = std::thread::spawn({
        let id = id.clone();
        move || {
            let ended = receiver.recv_timeout(Duration::from_mins(2));
            let late = ended == Err(mpsc::RecvTimeoutError::Timeout);
            late && Command::new("kill").args(["-9", &id]).status().unwrap().success()
        }
    });
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut deliver = Some(deliver);
    while told < rows {
        let line = lines.next().expect("it goes on").unwrap();
        if line.starts_with("following the queue")
            && let Some(deliver) = deliver.take()
        {
            deliver();
        }
        let count = line.split(", ").find_map(|part| part.strip_suffix(" rows")?.parse::<usize>().ok());
        told += count.unwrap_or(0);
    }
    drop(sender);
    assert!(!watch.join().unwrap(), "it took too long");
    let asked = Command::new("kill").arg(id).status().unwrap();
    assert!(asked.success() && child.wait().unwrap().success());
}

#[test]
fn from_an_empty_account_to_events_flowing_and_back() {
    let Some(account) = Account::open() else { return };
    for how in ["--queue", "--queue=sqs", "--queue=eventbridge"] {
        account.empty();
        let said = account.done(&["setup", "--yes", how]);
        assert!(said.contains("done  trail ") && said.contains("ingest --follow"), "{said}");
        let deliver = || {
            for number in 0..3 {
                account.moto.put(BUCKET, &key(number), &delivery(number));
            }
        };
        // Moto sends events of EventBridge to queues without what S3 says in them.
        if how == "--queue=eventbridge" {
            deliver();
        } else {
            // There is none at first.
            let _ = std::fs::remove_dir_all(account.folder().join("lake"));
            follow(&account, 3, deliver);
            let found = rows(account.folder(), "lake", "SELECT count(*) AS n FROM cloudtrail");
            assert_eq!(found, [json!({"n": 3})]);
        }

        let before = account.state();
        let again = account.done(&["setup", "--yes", how]);
        assert!(again.contains("Nothing to do"), "{again}");
        assert_eq!(account.state(), before, "a second run changes nothing");

        let undone = account.done(&["setup", "--yes", "--undo"]);
        assert!(undone.contains("the bucket stays with the logs in it"), "{undone}");
        let left = account.state();
        let names: Vec<&String> = left.as_object().unwrap().keys().collect();
        assert_eq!(names, ["aliases", &format!("bucket {BUCKET}"), "keys"], "{undone}");
        let bucket = &left[format!("bucket {BUCKET}")];
        assert_eq!(bucket["objects"].as_array().unwrap().len(), 3, "logs are data");
        assert_eq!(bucket["get_bucket_policy"], Value::Null);
        assert_eq!(bucket["get_bucket_versioning"]["Status"], "Enabled");
        assert!(!account.folder().join("settings/trailql/config.toml").exists());
    }
}

#[test]
fn nothing_is_done_without_a_yes_and_an_empty_bucket_goes_too() {
    let Some(account) = Account::open() else { return };
    let empty = account.state();
    for arguments in
        [&["setup", "--queue"][..], &["setup", "--queue", "--dry-run"], &["setup", "--output", "json"]]
    {
        let ended = account.run(arguments);
        let wants_answer = arguments.len() == 2;
        assert_eq!(ended.code, Some(i32::from(wants_answer)), "{}", ended.err);
        assert_eq!(account.state(), empty);
    }
    let shown = account.done(&["setup", "--queue", "--dry-run"]);
    insta::assert_snapshot!("setup_dry_run", shown);
    account.done(EVERYTHING_WITHOUT_DATA);
    account.done(&["setup", "--yes", "--undo"]);
    assert_eq!(account.state(), empty);
}

const EVERYTHING_WITHOUT_DATA: &[&str] = &["setup", "--yes", "--queue", "--retention", "400"];

/// A trail, a bucket with a policy, a lifecycle and a notification of somebody else.
const SHARED: &str = r#"
bucket("shared")
topic = sns.create_topic(Name="theirs")["TopicArn"]
s3.put_bucket_policy(Bucket="shared", Policy=json.dumps({"Version": "2008-10-17", "Id": "theirs", "Statement": [
    {"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}, "Action": "s3:GetObject",
     "Resource": "arn:aws:s3:::shared/${aws:username}/*"},
    {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::shared"}]}))
s3.put_bucket_lifecycle_configuration(Bucket="shared", LifecycleConfiguration={"Rules": [
    {"ID": "theirs", "Status": "Enabled", "Filter": {"And": {"Prefix": "tmp/", "Tags": [{"Key": "a", "Value": "b"}]}},
     "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}], "Expiration": {"Days": 60}}]})
s3.put_bucket_notification_configuration(Bucket="shared", NotificationConfiguration={"TopicConfigurations": [
    {"Id": "theirs", "TopicArn": topic, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"] FILTER}]})
s3.put_bucket_tagging(Bucket="shared", Tagging={"TagSet": [{"Key": "team", "Value": "theirs"}]})
cloudtrail.create_trail(Name="theirs", S3BucketName="shared", S3KeyPrefix="trails", IsMultiRegionTrail=True)
cloudtrail.put_event_selectors(TrailName="theirs", EventSelectors=[{"ReadWriteType": "WriteOnly",
    "IncludeManagementEvents": True, "DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}]}])
cloudtrail.start_logging(Name="theirs")
"#;

#[test]
fn what_is_there_is_merged_and_nothing_is_lost() {
    let Some(account) = Account::open() else { return };
    let elsewhere = r#", "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "uploads/"}]}}"#;
    for (filter, by_rule) in [(elsewhere, false), ("", true)] {
        account.empty();
        account.boto(&SHARED.replace("FILTER", filter));
        let before = account.state();
        let said = account.done(&["setup", "--yes", "--queue", "--retention", "400"]);
        assert!(said.contains("\n~ bucket-policy  shared"), "{said}");
        assert!(
            said.contains("+     \"Sid\": \"TrailqlTlsOnly\"") || said.contains("TrailqlTlsOnly"),
            "{said}"
        );
        let after = account.state();
        let (old, new) = (&before["bucket shared"], &after["bucket shared"]);
        let statements = |state: &Value| {
            let text = state["get_bucket_policy"]["Policy"].as_str().unwrap();
            serde_json::from_str::<Value>(text).unwrap()
        };
        let (old_policy, new_policy) = (statements(old), statements(new));
        assert_eq!((&new_policy["Id"], &new_policy["Version"]), (&old_policy["Id"], &old_policy["Version"]));
        for theirs in old_policy["Statement"].as_array().unwrap() {
            assert!(new_policy["Statement"].as_array().unwrap().contains(theirs), "{theirs}");
        }
        let rules =
            |state: &Value| state["get_bucket_lifecycle_configuration"]["Rules"].as_array().unwrap().clone();
        assert_eq!((rules(old)[0].clone(), rules(new).len()), (rules(new)[0].clone(), 2));
        let told = |state: &Value| state["get_bucket_notification_configuration"].clone();
        let theirs = &told(old)["TopicConfigurations"][0];
        assert!(told(new)["TopicConfigurations"].as_array().unwrap().contains(theirs));
        assert_eq!(told(new)["EventBridgeConfiguration"].is_object(), by_rule, "{said}");
        assert_eq!(after.get("rule trailql").is_some(), by_rule);
        assert_eq!(old["get_bucket_tagging"], new["get_bucket_tagging"]);
        let trail = &after["trail theirs"];
        assert_eq!(trail[0]["LogFileValidationEnabled"], true);
        assert_eq!(trail[0]["S3KeyPrefix"], "trails");
        let selectors = trail[2]["EventSelectors"].as_array().unwrap();
        assert_eq!(selectors.len(), 2, "{trail}");
        assert!(after.get("trail trailql").is_none());
        assert!(account.done(&["setup", "--yes", "--queue", "--retention", "400"]).contains("Nothing to do"));

        account.done(&["setup", "--yes", "--undo"]);
        let left = account.state();
        for (name, known) in before.as_object().unwrap() {
            if name.starts_with("bucket") {
                assert_eq!(rules(&left[name]), rules(known));
                assert_eq!(told(&left[name])["TopicConfigurations"], told(known)["TopicConfigurations"]);
                assert!(statements(&left[name])["Statement"].as_array().unwrap().len() >= 2);
            } else if !name.starts_with("trail") {
                assert_eq!(left[name], *known, "{name}");
            }
        }
        assert!(left.get("queue arn:aws:sqs:eu-central-1:123456789012:trailql").is_none());
    }
}

/// What is asked, by its name in the API or by method and parameter.
pub(crate) fn operation(asked: &Asked) -> String {
    let target = asked.headers.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("x-amz-target").then(|| value.trim().to_owned())
    });
    if let Some(target) = target {
        return target.rsplit('.').next().unwrap().to_owned();
    }
    let action = asked.body.split('&').find_map(|pair| pair.strip_prefix("Action="));
    action.map_or_else(|| format!("{} {}", asked.method, asked.target), str::to_owned)
}

fn changes(asked: &Asked) -> bool {
    let name = operation(asked);
    let reads = ["Get", "List", "Describe", "GET ", "HEAD "];
    !reads.iter().any(|verb| name.starts_with(verb))
}

#[test]
fn a_second_run_completes_what_a_failure_stopped_at_each_call() {
    let Some(account) = Account::open() else { return };
    account.boto("bucket('data')");
    account.done(EVERYTHING);
    let whole = account.state();
    let mut failed = 0;
    loop {
        account.empty();
        account.boto("bucket('data')");
        let count = Arc::new(AtomicUsize::new(0));
        let proxy = Proxy::start(account.moto.port(), move |_, asked| {
            let is_it = changes(asked) && count.fetch_add(1, Ordering::SeqCst) == failed;
            if is_it { Fate::denied() } else { Fate::Answered }
        });
        let ended: crate::program::Ended =
            account.command(&proxy.endpoint(), EVERYTHING).output().unwrap().into();
        if ended.code == Some(0) {
            break;
        }
        assert!(ended.err.contains("\nfailed: ") && ended.err.contains("\nnot done: "), "{}", ended.err);
        assert!(ended.err.contains("run the same command again"), "{}", ended.err);
        account.done(EVERYTHING);
        assert_eq!(account.state(), whole, "after call {failed}: {}", ended.err);
        failed += 1;
    }
    assert_eq!(failed, 21, "each call of the plan has failed once");
}

#[test]
fn the_readme_has_the_policy_that_is_needed() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, section) = readme.split_once("## Connect your AWS account").unwrap();
    let (_, block) = section.split_once("```json\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let written: Value = serde_json::from_str(block).unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let printed = crate::program::run(folder.path(), &["setup", "--policy"]);
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert_eq!(written, serde_json::from_str::<Value>(&printed.out).unwrap());
}

/// What is asked of S3, by method and parameter.
const OF_S3: &[(&str, &str, &str)] = &[
    ("GET", "location", "GetBucketLocation"),
    ("GET", "policyStatus", "GetBucketPolicyStatus"),
    ("GET", "policy", "GetBucketPolicy"),
    ("GET", "publicAccessBlock", "GetPublicAccessBlock"),
    ("GET", "encryption", "GetBucketEncryption"),
    ("GET", "versioning", "GetBucketVersioning"),
    ("GET", "versions", "ListObjectVersions"),
    ("GET", "lifecycle", "GetBucketLifecycleConfiguration"),
    ("GET", "notification", "GetBucketNotificationConfiguration"),
    ("GET", "tagging", "GetBucketTagging"),
    ("GET", "logging", "GetBucketLogging"),
    ("GET", "max-buckets", "ListBuckets"),
    ("PUT", "publicAccessBlock", "PutPublicAccessBlock"),
    ("PUT", "policy", "PutBucketPolicy"),
    ("PUT", "encryption", "PutBucketEncryption"),
    ("PUT", "versioning", "PutBucketVersioning"),
    ("PUT", "lifecycle", "PutBucketLifecycleConfiguration"),
    ("PUT", "notification", "PutBucketNotificationConfiguration"),
    ("PUT", "tagging", "PutBucketTagging"),
    ("PUT", "logging", "PutBucketLogging"),
    ("DELETE", "policy", "DeleteBucketPolicy"),
    ("DELETE", "lifecycle", "DeleteBucketLifecycle"),
    ("DELETE", "", "DeleteBucket"),
    ("PUT", "", "CreateBucket"),
];

#[test]
fn what_goes_over_the_wire_is_what_the_list_of_operations_says() {
    let Some(account) = Account::open() else { return };
    account.boto("bucket('data')");
    let proxy = Proxy::recording(account.moto.port());
    let run = |arguments: &[&str]| {
        let ended: crate::program::Ended =
            account.command(&proxy.endpoint(), arguments).output().unwrap().into();
        assert!(matches!(ended.code, Some(0 | 3)), "{arguments:?}: {}", ended.err);
    };
    run(EVERYTHING);
    run(&["doctor"]);
    run(&["setup", "--yes", "--undo"]);
    let mut asked = BTreeSet::new();
    for request in proxy.asked() {
        let name = operation(&request);
        let query = request.target.split_once('?').map_or("", |(_, query)| query);
        let keys: Vec<&str> = query.split('&').map(|pair| pair.split('=').next().unwrap()).collect();
        let of_s3 = OF_S3.iter().find(|(method, key, _)| *method == request.method && (keys.contains(key)));
        asked.insert(if name.contains(' ') {
            of_s3.unwrap_or_else(|| panic!("{name}")).2.to_owned()
        } else {
            name
        });
    }
    let known: BTreeSet<String> =
        trailql::setup::calls::OPERATIONS.iter().map(|operation| operation.name.to_owned()).collect();
    let strangers: Vec<_> = asked.difference(&known).collect();
    assert!(strangers.is_empty(), "{strangers:?}");
    assert!(asked.len() >= 50, "{} of {}: {asked:?}", asked.len(), known.len());
}
