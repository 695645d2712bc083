//! The audit of an account: every planted fault is found by its name, and nothing in a good account.

use std::collections::BTreeSet;

use serde_json::Value;
use tempfile::TempDir;

use crate::account::Account;
use crate::moto;
use crate::proxy::Fate;
use crate::proxy::Proxy;
use crate::setup::operation;

/// A good account, set up with everything.
const GOOD: &[&str] =
    &["setup", "--yes", "--queue", "--kms", "trailql", "--retention", "400", "--s3-access-logs", "data"];

/// Lines of Python that break something, and the check that finds it.
const FAULTS: &[(&str, &str)] = &[
    ("cloudtrail.delete_trail(Name='trailql')", "no-trail"),
    ("cloudtrail.update_trail(Name='trailql', IsMultiRegionTrail=False)", "no-multi-region-trail"),
    ("cloudtrail.stop_logging(Name='trailql')", "trail-off"),
    ("cloudtrail.update_trail(Name='trailql', EnableLogFileValidation=False)", "trail-no-validation"),
    ("cloudtrail.update_trail(Name='trailql', IncludeGlobalServiceEvents=False)", "trail-no-global-events"),
    (
        "cloudtrail.put_event_selectors(TrailName='trailql', AdvancedEventSelectors=[{'FieldSelectors': [\
         {'Field': 'eventCategory', 'Equals': ['Management']}, {'Field': 'readOnly', 'Equals': ['false']}]}])",
        "trail-selectors",
    ),
    ("cloudtrail.update_trail(Name='trailql', S3BucketName='nowhere')", "trail-bucket-missing"),
    ("cloudtrail.update_trail(Name='trailql', KmsKeyId='alias/nowhere')", "key-missing"),
    (
        "kms.disable_key(KeyId=kms.describe_key(KeyId='alias/trailql')['KeyMetadata']['KeyId'])",
        "key-not-enabled",
    ),
    (
        "kms.schedule_key_deletion(KeyId=kms.describe_key(KeyId='alias/trailql')['KeyMetadata']['KeyId'])",
        "key-not-enabled",
    ),
    (
        "kms.disable_key_rotation(KeyId=kms.describe_key(KeyId='alias/trailql')['KeyMetadata']['KeyId'])",
        "key-not-rotated",
    ),
    (
        "kms.put_key_policy(KeyId=kms.describe_key(KeyId='alias/trailql')['KeyMetadata']['KeyId'], \
         PolicyName='default', Policy='{\"Statement\": []}')",
        "key-policy",
    ),
    ("s3.delete_public_access_block(Bucket=BUCKET)", "bucket-public-access"),
    (
        "s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={'BlockPublicAcls': True, \
         'IgnorePublicAcls': True, 'BlockPublicPolicy': False, 'RestrictPublicBuckets': True})",
        "bucket-public-access",
    ),
    ("s3.delete_bucket_encryption(Bucket=BUCKET)", "bucket-not-encrypted"),
    (
        "s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={'Status': 'Suspended'})",
        "bucket-not-versioned",
    ),
    (
        "s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={'Rules': [{'ID': 'x', \
         'Status': 'Enabled', 'Filter': {'Prefix': ''}, 'Expiration': {'Days': 30}}]})",
        "bucket-retention",
    ),
    (
        "put_policy(BUCKET, lambda all: all + [{'Effect': 'Allow', 'Principal': '*', 'Action': 's3:GetObject', \
         'Resource': f'arn:aws:s3:::{BUCKET}/*'}])",
        "bucket-public",
    ),
    (
        "put_policy(BUCKET, lambda all: all + [{'Effect': 'Allow', 'Principal': {'AWS': \
         'arn:aws:iam::999900001111:root'}, 'Action': 's3:Delete*', 'Resource': f'arn:aws:s3:::{BUCKET}/*'}])",
        "bucket-foreign-delete",
    ),
    (
        "put_policy(BUCKET, lambda all: all + [{'Effect': 'Allow', 'Principal': {'AWS': '999900001111'}, \
         'Action': 's3:PutObject', 'Resource': f'arn:aws:s3:::{BUCKET}/*'}])",
        "bucket-foreign-write",
    ),
    ("put_policy(BUCKET, lambda all: [it for it in all if it['Effect'] == 'Allow'])", "bucket-no-tls"),
    (
        "put_policy(BUCKET, lambda all: [it for it in all if 'CloudTrailWrite' not in it['Sid']])",
        "bucket-policy",
    ),
    (
        "put_policy(BUCKET, lambda all: all + [{'Effect': 'Allow', 'Principal': {'Service': \
         'cloudtrail.amazonaws.com'}, 'Action': 's3:PutObject', 'Resource': f'arn:aws:s3:::{BUCKET}/*'}])",
        "bucket-policy-unbound",
    ),
    ("s3.put_bucket_logging(Bucket='data', BucketLoggingStatus={})", "access-not-logged"),
    ("bucket('more')", "access-not-logged"),
    (
        "put_policy(BUCKET, lambda all: [it for it in all if 'AccessLogs' not in it['Sid']])",
        "access-logs-refused",
    ),
    (
        "s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={'Rules': \
         [{'ApplyServerSideEncryptionByDefault': {'SSEAlgorithm': 'aws:kms'}}]})",
        "access-logs-key",
    ),
    ("sqs.delete_queue(QueueUrl=queue())", "queue-missing"),
    ("attributes(MessageRetentionPeriod='3600')", "queue-retention"),
    ("attributes(VisibilityTimeout='5')", "queue-visibility"),
    (
        "policy = sqs.get_queue_attributes(QueueUrl=queue(), AttributeNames=['Policy'])['Attributes']['Policy']; \
         sqs.delete_queue(QueueUrl=queue()); sqs.create_queue(QueueName='trailql', Attributes={'Policy': policy})",
        "queue-no-dead-letters",
    ),
    ("sqs.delete_queue(QueueUrl=queue('trailql-dead-letters'))", "dead-letters-missing"),
    ("sqs.send_message(QueueUrl=queue('trailql-dead-letters'), MessageBody='?')", "dead-letters"),
    (
        "queue_policy(lambda all: all + [{'Effect': 'Allow', 'Principal': '*', 'Action': 'sqs:*', 'Resource': '*'}])",
        "queue-open",
    ),
    ("queue_policy(lambda all: [it for it in all if it['Effect'] == 'Deny'])", "queue-policy"),
    ("queue_policy(lambda all: [it for it in all if it['Effect'] == 'Allow'])", "queue-no-tls"),
    (
        "s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={})",
        "queue-not-fed",
    ),
    (
        "[sns.unsubscribe(SubscriptionArn=it['SubscriptionArn']) for it in sns.list_subscriptions()['Subscriptions']]",
        "queue-not-subscribed",
    ),
    ("sns.delete_topic(TopicArn=f'arn:aws:sns:{REGION}:{ACCOUNT}:trailql')", "topic-missing"),
    (
        "sns.set_topic_attributes(TopicArn=f'arn:aws:sns:{REGION}:{ACCOUNT}:trailql', AttributeName='Policy', \
         AttributeValue='{\"Statement\": []}')",
        "topic-policy",
    ),
];

/// The checks that found something.
fn checks(account: &Account, endpoint: &str, more: &[&str]) -> Vec<(String, Value)> {
    let arguments = [more, &["doctor", "--format", "json"]].concat();
    let output = account.command(endpoint, &arguments).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let found: Vec<Value> =
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}\n{out}\n{err}"));
    assert_eq!(output.status.code(), Some(if found.is_empty() { 0 } else { 3 }));
    found.into_iter().map(|found| (found["check"].as_str().unwrap().to_owned(), found)).collect()
}

#[test]
fn every_planted_fault_is_found_and_nothing_in_a_good_account() {
    let Some(account) = Account::open() else { return };
    let endpoint = account.moto.endpoint();
    let mut missed = Vec::new();
    for (plant, check) in FAULTS {
        account.empty();
        account.boto("bucket('data')");
        account.done(GOOD);
        if missed.is_empty() && *check == "no-trail" {
            assert_eq!(checks(&account, &endpoint, &[]), [], "a good account");
            let said = account.done(&["doctor"]);
            assert!(said.contains("Nothing found: 1 trails"), "{said}");
        }
        account.boto(plant);
        let found = checks(&account, &endpoint, &[]);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        if names != [*check] {
            missed.push(format!("{check} after {plant}: {names:?}"));
        }
        for (_, finding) in &found {
            for part in ["on", "what", "why", "mend"] {
                assert!(!finding[part].as_str().unwrap().is_empty(), "{finding}");
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    let kinds: BTreeSet<&str> = FAULTS.iter().map(|(_, check)| *check).collect();
    assert!(kinds.len() >= 25, "{}", kinds.len());
}

#[test]
fn a_rule_that_is_off_or_sends_elsewhere_is_found() {
    let Some(account) = Account::open() else { return };
    let endpoint = account.moto.endpoint();
    account.done(&["setup", "--yes", "--queue=eventbridge"]);
    assert_eq!(checks(&account, &endpoint, &[]), []);
    account.boto("events.disable_rule(Name='trailql')");
    assert_eq!(checks(&account, &endpoint, &[])[0].0, "rule-off");
    account
        .boto("events.enable_rule(Name='trailql'); events.remove_targets(Rule='trailql', Ids=['trailql'])");
    assert_eq!(checks(&account, &endpoint, &[])[0].0, "rule-target");
}

#[test]
fn what_may_not_be_seen_is_a_finding_and_not_taken_for_absent() {
    let Some(account) = Account::open() else { return };
    account.boto("bucket('data')");
    account.done(GOOD);
    let proxy = Proxy::start(account.moto.port(), |_, asked| {
        if operation(asked).contains("?policy") { Fate::denied() } else { Fate::Answered }
    });
    let found = checks(&account, &proxy.endpoint(), &[]);
    assert!(found.iter().all(|(name, _)| name == "permission-missing"), "{found:?}");
    assert!(found[0].1["mend"].as_str().unwrap().contains("s3:GetBucketPolicy"));
    // Setup cannot merge with what it cannot see, so it stops before it changes anything.
    let before = account.state();
    let ended = account.command(&proxy.endpoint(), GOOD).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("may not ask GetBucketPolicy") && said.contains("s3:GetBucketPolicy"), "{said}");
    assert!(!said.contains(moto::SECRET_KEY));
    assert_eq!(account.state(), before);
}

#[test]
fn a_lake_that_is_behind_or_has_gaps_is_found() {
    let Some(account) = Account::open() else { return };
    account.done(&["setup", "--yes", "--queue"]);
    let source = TempDir::new().unwrap();
    let day = |day: u32| {
        format!(
            r#"{{"Records": [{{"eventTime": "2020-09-{day:02}T08:00:00Z", "eventName": "A", "eventID": "{day}"}}]}}"#
        )
    };
    for number in [1, 2, 5] {
        std::fs::write(source.path().join(format!("{number}.json")), day(number)).unwrap();
    }
    account.done(&["--lake", "lake", "ingest", source.path().to_str().unwrap()]);
    let found = checks(&account, &account.moto.endpoint(), &["--lake", "lake"]);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["lake-behind", "lake-gap"]);
    assert!(found[1].1["what"].as_str().unwrap().contains("2020-09-03 to 2020-09-04"), "{}", found[1].1);
}
