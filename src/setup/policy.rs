//! The permissions that setup, undo and doctor need, made from the one list of operations.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;

use crate::setup::calls::By;
use crate::setup::calls::OPERATIONS;
use crate::setup::calls::On;
use crate::setup::site::Wanted;

/// The policy for those who run what these ask, as an IAM document.
///
/// It needs no account and no network: the region tells the partition, and names tell the rest.
pub fn policy(wanted: &Wanted, region: Option<&str>, by: &[By]) -> Value {
    let partition = partition(region.unwrap_or_default());
    let mut needed: BTreeMap<(Kind, On), BTreeSet<&str>> = BTreeMap::new();
    for operation in OPERATIONS.iter().filter(|operation| by.contains(&operation.by)) {
        let kind = if operation.by == By::Doctor { Kind::Reads } else { Kind::Changes };
        needed.entry((kind, operation.on)).or_default().extend(operation.actions);
    }
    let statements = needed.into_iter().map(|((kind, on), actions)| {
        let resources = resources(on, wanted, partition);
        let sid = format!("{}{on:?}", if kind == Kind::Reads { "Read" } else { "Set" });
        let mut statement = json!({
            "Sid": sid, "Effect": "Allow", "Action": actions,
            "Resource": if resources.len() == 1 { json!(resources.first()) } else { json!(resources) },
        });
        if actions.contains("iam:CreateServiceLinkedRole") {
            // Only for the role of CloudTrail in an organisation.
            statement["Condition"] =
                json!({"StringLikeIfExists": {"iam:AWSServiceName": "cloudtrail.amazonaws.com"}});
        }
        statement
    });
    json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()})
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Reads,
    Changes,
}

fn resources(on: On, wanted: &Wanted, partition: &str) -> Vec<String> {
    let name = &wanted.name;
    let arn = |service: &str, rest: &str| format!("arn:{partition}:{service}:*:*:{rest}");
    match on {
        On::Any => vec!["*".to_owned()],
        On::Buckets => vec![format!("arn:{partition}:s3:::*")],
        On::Bucket => {
            let own = wanted.bucket.clone().unwrap_or_else(|| format!("{}-*", name.to_lowercase()));
            let all = std::iter::once(&own).chain(&wanted.access_logs);
            all.map(|bucket| format!("arn:{partition}:s3:::{bucket}")).collect()
        }
        On::Trails => vec![arn("cloudtrail", "trail/*")],
        On::Topic => vec![arn("sns", name)],
        // IAM knows no resource for the end of a subscription.
        On::Subscription => vec!["*".to_owned()],
        On::Queue => vec![arn("sqs", name), arn("sqs", &format!("{name}-dead-letters"))],
        On::Rule => vec![arn("events", &format!("rule/{name}"))],
        On::Role => vec![format!("arn:{partition}:iam::*:role/{name}-reader")],
        On::Keys => {
            let alias = wanted.key.as_deref().unwrap_or(name);
            vec![arn("kms", "key/*"), arn("kms", &format!("alias/{}", alias.trim_start_matches("alias/")))]
        }
    }
}

/// The partition of a region.
fn partition(region: &str) -> &'static str {
    let known = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("us-iso-", "aws-iso"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
    ];
    known.iter().find(|(start, _)| region.starts_with(start)).map_or("aws", |(_, partition)| partition)
}

#[cfg(test)]
mod tests;
