//! The key that encrypts the logs.

use serde_json::Value;
use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::discover::CLOUDTRAIL;
use crate::setup::documents;
use crate::setup::plan::Step;
use crate::setup::site::TAG;
use crate::setup::steps::Part;

pub(super) const PART: Part = Part { plan, undo };

const NAME: &str = "key";

/// What CloudTrail must be allowed.
fn statements(facts: &Facts) -> Vec<Value> {
    let site = &facts.site;
    let context = format!("arn:{}:cloudtrail:*:{}:trail/*", site.caller.partition, site.trail_account);
    let allow = |sid: &str, action: &str| {
        json!({
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": CLOUDTRAIL},
            "Action": action,
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceArn": site.trail_arn()}},
        })
    };
    let mut encrypt = allow("TrailqlCloudTrailEncrypt", "kms:GenerateDataKey*");
    encrypt["Condition"]["StringLike"] = json!({"kms:EncryptionContext:aws:cloudtrail:arn": context});
    vec![encrypt, allow("TrailqlCloudTrailDescribe", "kms:DescribeKey")]
}

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let Some(alias) = site.alias() else { return Ok(Vec::new()) };
    let region = &site.trail_region;
    let step =
        Step::new(NAME, &alias, "a key of yours encrypts the logs, and its material is renewed yearly");
    let statements = statements(facts);
    let Some(key) = &facts.key else {
        let root = format!("arn:{}:iam::{}:root", site.caller.partition, site.caller.account);
        let owner = json!({
            "Sid": "TrailqlAccount", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*",
        });
        let policy = documents::merged(None, &[vec![owner], statements].concat());
        let input = json!({
            "Description": "Encrypts the logs of CloudTrail",
            "Policy": policy.to_string(),
            "Tags": [{"TagKey": TAG, "TagValue": site.wanted.name}],
        });
        let made = "${CreateKey.KeyId}";
        let step = step.call("kms", "CreateKey", region, input)?;
        let step = step.call("kms", "EnableKeyRotation", region, json!({"KeyId": made}))?;
        let named = json!({"AliasName": alias, "TargetKeyId": made});
        return Ok(vec![step.call("kms", "CreateAlias", region, named)?.making(&policy)]);
    };
    let mut step = step;
    if !documents::holds(key.policy.as_ref(), &statements) {
        let policy = documents::merged(key.policy.as_ref(), &statements);
        let input = json!({"KeyId": key.id, "PolicyName": "default", "Policy": policy.to_string()});
        step = step.call("kms", "PutKeyPolicy", region, input)?.merging(key.policy.as_ref(), &policy);
    }
    if !key.named {
        // Of a run that ended after it had made the key.
        let input = json!({"KeyId": key.id});
        step = step.call("kms", "EnableKeyRotation", region, input)?;
        let input = json!({"AliasName": alias, "TargetKeyId": key.id});
        step = step.call("kms", "CreateAlias", region, input)?;
    }
    Ok(vec![step])
}

fn undo(facts: &Facts) -> Result<Vec<Step>> {
    let kept = facts.key.as_ref().map(|key| {
        let step = Step::new(NAME, &key.arn, "the key stays");
        step.noting("logs that were encrypted with it can be read with it only")
    });
    Ok(kept.into_iter().collect())
}
