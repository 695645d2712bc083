//! What a test double of AWS cannot be made to say. The rest is in `tests/it/doctor.rs`.

use std::collections::BTreeMap;

use chrono::Duration;
use chrono::TimeZone;

use super::*;
use crate::setup::Site;
use crate::setup::Wanted;
use crate::setup::facts::Bucket;
use crate::setup::facts::Caller;
use crate::setup::facts::Denied;
use crate::setup::facts::Queue;
use crate::setup::facts::Trail;

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 9, 17, 12, 0, 0).unwrap()
}

/// An account with one trail and its bucket, with nothing wrong in it.
fn good() -> Facts {
    let caller = Caller {
        account: "111122223333".to_owned(),
        arn: "arn:aws:sts::111122223333:assumed-role/Responder/alice".to_owned(),
        partition: "aws".to_owned(),
        region: "eu-central-1".to_owned(),
    };
    let trail = Trail {
        name: "trailql".to_owned(),
        arn: "arn:aws:cloudtrail:eu-central-1:111122223333:trail/trailql".to_owned(),
        home_region: "eu-central-1".to_owned(),
        bucket: "logs".to_owned(),
        multi_region: true,
        validation: true,
        global_events: true,
        logging: true,
        last_delivery: Some(now() - Duration::minutes(4)),
        ..Trail::default()
    };
    let policy = json!({"Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
         "Condition": {"StringEquals": {"aws:SourceArn": trail.arn}}},
    ]});
    let bucket = Bucket {
        name: "logs".to_owned(),
        region: "eu-central-1".to_owned(),
        policy: Some(policy),
        block: Some(json!({
            "BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true,
        })),
        encryption: Some(json!({"SSEAlgorithm": "AES256"})),
        versioning: Some("Enabled".to_owned()),
        ..Bucket::default()
    };
    let trails = vec![trail];
    Facts {
        site: Site::choose(caller, Wanted::default(), &trails, None),
        organisation: None,
        trails,
        buckets: BTreeMap::from([("logs".to_owned(), bucket)]),
        access_logging: BTreeMap::from([("logs".to_owned(), None)]),
        topic: None,
        queue: None,
        dead_letters: None,
        rule: None,
        role: None,
        key: None,
        trail_keys: BTreeMap::new(),
        denied: Vec::new(),
        clock_ahead: Some(1),
    }
}

/// The checks that find something.
fn checks(facts: &Facts) -> Vec<&'static str> {
    let audit = Audit { facts, retention: 365, queue: None, lake: None, now: now() };
    findings(&audit).iter().map(|finding| finding.check).collect()
}

#[test]
fn a_good_account_has_no_findings() {
    assert_eq!(checks(&good()), Vec::<&str>::new());
}

/// What breaks something.
type Break = fn(&mut Facts);

#[test]
fn each_fault_is_found_by_its_name() {
    let faults: &[(&str, Break)] = &[
        ("trail-stale", |facts| facts.trails[0].last_delivery = Some(now() - Duration::hours(7))),
        ("trail-delivery-failed", |facts| facts.trails[0].delivery_error = Some("AccessDenied".to_owned())),
        ("trail-digest-failed", |facts| facts.trails[0].digest_error = Some("AccessDenied".to_owned())),
        ("clock-off", |facts| facts.clock_ahead = Some(-200)),
        ("root-credentials", |facts| facts.site.caller.arn = "arn:aws:iam::111122223333:root".to_owned()),
        ("bucket-public", |facts| facts.buckets.get_mut("logs").unwrap().public = true),
        ("access-logs-loop", |facts| {
            facts.access_logging.insert("logs".to_owned(), Some(("logs".to_owned(), String::new())));
        }),
        ("access-logs-lost", |facts| {
            facts.access_logging.insert("data".to_owned(), Some(("gone".to_owned(), String::new())));
        }),
        ("permission-missing", |facts| {
            facts.denied.push(Denied { operation: "GetBucketVersioning", about: "logs".to_owned() });
            facts.buckets.get_mut("logs").unwrap().versioning = None;
        }),
    ];
    for (name, fault) in faults {
        let mut facts = good();
        fault(&mut facts);
        assert_eq!(checks(&facts), [*name]);
    }
}

#[test]
fn a_backlog_is_found() {
    let mut facts = good();
    let policy = json!({"Statement": [
        {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage",
         "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::logs"}}},
    ]});
    let attributes = [
        ("Policy", policy.to_string()),
        (
            "RedrivePolicy",
            json!({"deadLetterTargetArn": "arn:aws:sqs:eu-central-1:111122223333:dead"}).to_string(),
        ),
        ("ApproximateNumberOfMessages", "200000".to_owned()),
    ];
    let arn = facts.site.queue_arn();
    facts.buckets.get_mut("logs").unwrap().notifications =
        json!({"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]});
    facts.queue = Some(Queue {
        arn,
        attributes: attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        ..Queue::default()
    });
    assert_eq!(checks(&facts), ["queue-backlog"]);
}

#[test]
fn findings_are_told_with_what_mends_them() {
    let mut facts = good();
    facts.trails[0].logging = false;
    facts.buckets.get_mut("logs").unwrap().versioning = None;
    let audit = Audit { facts: &facts, retention: 365, queue: None, lake: None, now: now() };
    insta::assert_snapshot!(text(&findings(&audit), &facts), @"
    Account 111122223333 in eu-central-1, as arn:aws:sts::111122223333:assumed-role/Responder/alice

    high   trail-off  arn:aws:cloudtrail:eu-central-1:111122223333:trail/trailql
           the trail is off
           why:  nothing is logged
           mend: aws cloudtrail start-logging --name trailql --region eu-central-1

    medium bucket-not-versioned  logs
           versioning is off
           why:  what is overwritten or deleted is gone
           mend: trailql setup --bucket logs; its step versioning

    2 findings.
    ");
}
