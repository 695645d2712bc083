//! Access logs of buckets: are there any, and can they be delivered?

use crate::setup::doctor::Audit;
use crate::setup::doctor::Finding;
use crate::setup::doctor::Severity;
use crate::setup::doctor::found;
use crate::setup::doctor::grants;

pub(super) fn check(audit: &Audit<'_>) -> Vec<Finding> {
    let facts = audit.facts;
    let mut findings = Vec::new();
    for (name, target) in &facts.access_logging {
        let of_logs = facts.trails.iter().any(|trail| trail.bucket == *name)
            || facts.access_logging.values().flatten().any(|(target, _)| target == name);
        let mut add = |check, severity, what: String, why, mend: String| {
            findings.push(found(check, severity, name, what, why, mend));
        };
        let Some((target, prefix)) = target else {
            // Access to a bucket of logs would be logged to another one, and so on.
            if !of_logs {
                let why = "who read which object is told by data events and access logs only";
                let mend = format!("trailql setup --s3-access-logs {name}");
                add("access-not-logged", Severity::Low, "access to it is not logged".to_owned(), why, mend);
            }
            continue;
        };
        if target == name {
            let what = format!("its access logs go to itself, below {prefix:?}");
            let why = "each delivery is an access that is logged, without end";
            let mend = format!("aws s3api put-bucket-logging --bucket {name} ..., with another target");
            add("access-logs-loop", Severity::Medium, what, why, mend);
            continue;
        }
        let Some(bucket) = facts.buckets.get(target) else {
            if facts.saw("GetBucketLocation", target) {
                let what = format!("its access logs go to {target}, which is not there");
                let mend = format!(
                    "trailql setup --s3-access-logs {name}, after put-bucket-logging without a target"
                );
                add("access-logs-lost", Severity::High, what, "they are lost", mend);
            }
            continue;
        };
        let may = grants::of_service(bucket.policy.as_ref(), "logging.s3.amazonaws.com", "s3:PutObject");
        if may.is_empty() && facts.saw("GetBucketPolicy", target) {
            let what = format!("the policy of {target} does not let S3 deliver access logs");
            let mend =
                format!("trailql setup --bucket {target} --s3-access-logs {name}; its step bucket-policy");
            add("access-logs-refused", Severity::High, what, "they are lost", mend);
        }
        let key = bucket.encryption.as_ref().map(|encryption| encryption["SSEAlgorithm"].clone());
        if key.is_some_and(|algorithm| algorithm.as_str().is_some_and(|name| name.starts_with("aws:kms"))) {
            let what = format!("{target} encrypts with a KMS key by default");
            let why = "S3 delivers access logs only to buckets with its own keys by default";
            let mend = format!("aws s3api put-bucket-encryption --bucket {target} ..., with AES256");
            add("access-logs-key", Severity::High, what, why, mend);
        }
    }
    findings
}
