//! Buckets of logs: who can read, change or remove the evidence?

use serde_json::json;

use crate::setup::discover::CLOUDTRAIL;
use crate::setup::doctor::Audit;
use crate::setup::doctor::Finding;
use crate::setup::doctor::Severity;
use crate::setup::doctor::found;
use crate::setup::doctor::grants;
use crate::setup::facts::Bucket;

pub(super) fn check(audit: &Audit<'_>) -> Vec<Finding> {
    let facts = audit.facts;
    let mut findings = Vec::new();
    for bucket in facts.buckets.values() {
        let of_trail = facts.trails.iter().any(|trail| trail.bucket == bucket.name);
        let is_target = facts.access_logging.values().flatten().any(|(target, _)| *target == bucket.name);
        if of_trail || is_target {
            protection(audit, bucket, &mut findings);
            policy(audit, bucket, &mut findings);
        }
        if of_trail {
            of_cloudtrail(audit, bucket, &mut findings);
        }
    }
    findings
}

fn protection(audit: &Audit<'_>, bucket: &Bucket, findings: &mut Vec<Finding>) {
    let (facts, name) = (audit.facts, bucket.name.as_str());
    let setup = format!("trailql setup --bucket {name}");
    let mut add = |check, severity, what: String, why, step: &str| {
        findings.push(found(check, severity, name, what, why, format!("{setup}; its step {step}")));
    };
    let all = json!({
        "BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true,
    });
    if bucket.block.as_ref() != Some(&all) && facts.saw("GetPublicAccessBlock", name) {
        let what = match &bucket.block {
            None => "nothing keeps it from being made public".to_owned(),
            Some(_) => "not all four settings against public access are on".to_owned(),
        };
        let why = "logs tell an intruder all about the account";
        add("bucket-public-access", Severity::High, what, why, "public-access");
    }
    if bucket.encryption.is_none() && facts.saw("GetBucketEncryption", name) {
        let why = "what is delivered without a key of its own lies there in the clear";
        add(
            "bucket-not-encrypted",
            Severity::Medium,
            "it has no default encryption".to_owned(),
            why,
            "encryption",
        );
    }
    if bucket.versioning.as_deref() != Some("Enabled") && facts.saw("GetBucketVersioning", name) {
        let state = bucket.versioning.as_deref().map_or("off", |_| "suspended");
        let why = "what is overwritten or deleted is gone";
        add("bucket-not-versioned", Severity::Medium, format!("versioning is {state}"), why, "versioning");
    }
    let is_short = |days: &i32| *days < audit.retention;
    for rule in bucket.lifecycle.iter().filter(|rule| rule.status().as_str() == "Enabled") {
        let days = rule.expiration().and_then(|expiration| expiration.days());
        if let Some(days) = days.filter(is_short) {
            let id = rule.id().unwrap_or_default();
            let what =
                format!("its rule {id} deletes logs after {days} days, and {} are wanted", audit.retention);
            let why = "intrusions are often found after months";
            let mend = format!(
                "aws s3api put-bucket-lifecycle-configuration --bucket {name} ..., with a later expiration in {id}"
            );
            findings.push(found("bucket-retention", Severity::High, name, what, why, mend));
        }
    }
}

fn policy(audit: &Audit<'_>, bucket: &Bucket, findings: &mut Vec<Finding>) {
    let (facts, name) = (audit.facts, bucket.name.as_str());
    if !facts.saw("GetBucketPolicy", name) {
        return;
    }
    let account = &facts.site.caller.account;
    let edit = format!("aws s3api put-bucket-policy --bucket {name} ..., without that statement");
    let mut add = |check, severity, what: String, why, mend: String| {
        findings.push(found(check, severity, name, what, why, mend));
    };
    let policy = bucket.policy.as_ref();
    let readers = grants::outsiders(policy, account, "s3:GetObject");
    if bucket.public || readers.iter().any(|who| who == "*") {
        let why = "logs tell an intruder all about the account";
        add("bucket-public", Severity::High, "its policy makes it public".to_owned(), why, edit.clone());
    }
    for (check, action, what, why) in [
        (
            "bucket-foreign-delete",
            "s3:DeleteObject",
            "delete",
            "evidence can be removed from outside of the account",
        ),
        (
            "bucket-foreign-write",
            "s3:PutObject",
            "write",
            "evidence can be made up from outside of the account",
        ),
    ] {
        let outside = grants::outsiders(policy, account, action);
        if !outside.is_empty() {
            let what = format!("its policy lets {} {what} objects", outside.join(" and "));
            add(check, Severity::High, what, why, edit.clone());
        }
    }
    if !grants::wants_tls(policy) {
        let why = "what is read or written without TLS can be read and changed on the way";
        let mend = format!("trailql setup --bucket {name}; its step bucket-policy");
        add("bucket-no-tls", Severity::Low, "its policy lets requests in without TLS".to_owned(), why, mend);
    }
}

fn of_cloudtrail(audit: &Audit<'_>, bucket: &Bucket, findings: &mut Vec<Finding>) {
    let name = bucket.name.as_str();
    if !audit.facts.saw("GetBucketPolicy", name) {
        return;
    }
    let mend = format!("trailql setup --bucket {name}; its step bucket-policy");
    let may = grants::of_service(bucket.policy.as_ref(), CLOUDTRAIL, "s3:PutObject");
    if may.is_empty() {
        let what = "its policy does not let CloudTrail write";
        findings.push(found("bucket-policy", Severity::High, name, what, "what is logged is lost", mend));
    } else if may.iter().any(|statement| !grants::is_bound(statement)) {
        let what = "its policy lets CloudTrail write for any trail of any account";
        let why = "whoever knows the bucket's name can have their own trail write into it";
        let mend = format!("{mend} adds bound statements; remove the one without aws:SourceArn");
        findings.push(found("bucket-policy-unbound", Severity::Medium, name, what, why, mend));
    }
}
