//! Keys of trails: can CloudTrail encrypt, and can the logs be read in a year?

use crate::setup::discover::CLOUDTRAIL;
use crate::setup::doctor::Audit;
use crate::setup::doctor::Finding;
use crate::setup::doctor::Severity;
use crate::setup::doctor::found;
use crate::setup::doctor::grants;

pub(super) fn check(audit: &Audit<'_>) -> Vec<Finding> {
    let facts = audit.facts;
    let mut findings = Vec::new();
    for (name, key) in &facts.trail_keys {
        if !facts.saw("DescribeKey", name) {
            continue;
        }
        let mut add = |check, severity, what: String, why, mend: String| {
            findings.push(found(check, severity, name, what, why, mend));
        };
        let Some(key) = key else {
            let why = "CloudTrail cannot deliver, and what it has encrypted cannot be read";
            let mend = "trailql setup --kms ALIAS, with an alias that is there".to_owned();
            add("key-missing", Severity::High, "the key of a trail is not there".to_owned(), why, mend);
            continue;
        };
        if key.state != "Enabled" {
            let why = "CloudTrail cannot deliver, and what it has encrypted cannot be read";
            let mend = match key.state.as_str() {
                "PendingDeletion" => {
                    format!("aws kms cancel-key-deletion --key-id {}, then enable-key", key.id)
                }
                _ => format!("aws kms enable-key --key-id {}", key.id),
            };
            add("key-not-enabled", Severity::High, format!("the key of a trail is {}", key.state), why, mend);
        }
        if key.rotates == Some(false) && key.state == "Enabled" {
            let why = "one secret guards all logs ever written";
            let mend = format!("aws kms enable-key-rotation --key-id {}", key.id);
            add("key-not-rotated", Severity::Low, "its material is never renewed".to_owned(), why, mend);
        }
        let may = grants::of_service(key.policy.as_ref(), CLOUDTRAIL, "kms:GenerateDataKey");
        if may.is_empty() && facts.saw("GetKeyPolicy", &key.arn) {
            let what = "its policy does not let CloudTrail encrypt".to_owned();
            let mend = "trailql setup --kms ALIAS; its step key adds the statement".to_owned();
            add("key-policy", Severity::High, what, "CloudTrail cannot deliver", mend);
        }
    }
    findings
}
