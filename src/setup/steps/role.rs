//! A role that may read the logs and the queue, and nothing else.

use serde_json::Value;
use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::documents;
use crate::setup::plan::Step;
use crate::setup::steps::Part;
use crate::setup::steps::tags;

pub(super) const PART: Part = Part { plan, undo };

const NAME: &str = "role";

/// Whoever this account lets take roles may take it.
fn trust(facts: &Facts) -> Value {
    let root = format!("arn:{}:iam::{}:root", facts.site.caller.partition, facts.site.caller.account);
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "TrailqlAccount", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"},
    ]})
}

fn policy(facts: &Facts) -> Value {
    let site = &facts.site;
    let below = |folder: &String| site.bucket_arn(&format!("{}/{folder}*", site.bucket));
    let folders: Vec<String> = site.all_folders().iter().map(below).collect();
    let mut statements = vec![
        json!({
            "Sid": "ListLogs", "Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
            "Resource": site.bucket_arn(&site.bucket),
        }),
        json!({
            "Sid": "ReadLogs", "Effect": "Allow", "Action": "s3:GetObject",
            "Resource": folders,
        }),
    ];
    if site.wanted.announce.is_some() {
        statements.push(json!({
            "Sid": "ReadQueue", "Effect": "Allow",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"],
            "Resource": site.queue_arn(),
        }));
    }
    if let Some(alias) = site.alias() {
        let keys =
            format!("arn:{}:kms:{}:{}:key/*", site.caller.partition, site.trail_region, site.caller.account);
        statements.push(json!({
            "Sid": "DecryptLogs", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": keys,
            "Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}},
        }));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let (region, role) = (&site.caller.region, site.role());
    let mut step = Step::new(NAME, &role, "a role that may read the logs and the queue, and nothing else");
    let wanted = policy(facts);
    let statements = documents::statements_of(&wanted);
    let put = |policy: &Value| json!({"RoleName": role, "PolicyName": site.wanted.name, "PolicyDocument": policy.to_string()});
    let Some(known) = &facts.role else {
        let input = json!({
            "RoleName": role, "AssumeRolePolicyDocument": trust(facts).to_string(), "Tags": tags(facts),
            "Description": "Reads CloudTrail and S3 access logs for trailql",
        });
        step = step.call("iam", "CreateRole", region, input)?;
        return Ok(vec![step.call("iam", "PutRolePolicy", region, put(&wanted))?.making(&wanted)]);
    };
    if documents::holds(known.policy.as_ref(), &statements) {
        return Ok(vec![step]);
    }
    let merged = documents::merged(known.policy.as_ref(), &statements);
    step = step.call("iam", "PutRolePolicy", region, put(&merged))?;
    Ok(vec![if known.policy.is_some() {
        step.merging(known.policy.as_ref(), &merged)
    } else {
        step.making(&merged)
    }])
}

fn undo(facts: &Facts) -> Result<Vec<Step>> {
    let (site, region) = (&facts.site, &facts.site.caller.region);
    let Some(role) = facts.role.as_ref().filter(|role| facts.is_ours(&role.tags)) else {
        return Ok(Vec::new());
    };
    let mut step = Step::new(NAME, site.role(), "remove the role");
    if role.policy.is_some() {
        let input = json!({"RoleName": site.role(), "PolicyName": site.wanted.name});
        step = step.call("iam", "DeleteRolePolicy", region, input)?;
    }
    Ok(vec![step.call("iam", "DeleteRole", region, json!({"RoleName": site.role()}))?])
}
