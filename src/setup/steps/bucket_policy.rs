//! Who may write to the bucket: CloudTrail for this trail, S3 for the access logs, and nobody without TLS.

use serde_json::Value;
use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::discover::CLOUDTRAIL;
use crate::setup::documents;
use crate::setup::plan::Step;
use crate::setup::site::ACCESS_LOGS;
use crate::setup::steps::Part;
use crate::setup::steps::tls_only;

pub(super) const PART: Part = Part { plan, undo };

const NAME: &str = "bucket-policy";
const OF_CLOUDTRAIL: [&str; 2] = ["TrailqlCloudTrailAcl", "TrailqlCloudTrailWrite"];

fn statements(facts: &Facts) -> Vec<Value> {
    let site = &facts.site;
    let below = |rest: &str| site.bucket_arn(&format!("{}/{rest}", site.bucket));
    let bucket = site.bucket_arn(&site.bucket);
    let mut all = vec![tls_only("s3:*", json!([bucket, below("*")]))];
    let principal = json!({"Service": CLOUDTRAIL});
    let source = json!({"aws:SourceArn": site.trail_arn()});
    all.push(json!({
        "Sid": OF_CLOUDTRAIL[0], "Effect": "Allow", "Principal": principal, "Action": "s3:GetBucketAcl",
        "Resource": bucket, "Condition": {"StringEquals": source},
    }));
    let owners = [Some(&site.trail_account), site.organisation.as_ref()];
    let folders: Vec<String> = owners
        .into_iter()
        .flatten()
        .map(|owner| below(&format!("{}AWSLogs/{owner}/*", site.prefix)))
        .collect();
    let mut condition = source;
    condition["s3:x-amz-acl"] = json!("bucket-owner-full-control");
    all.push(json!({
        "Sid": OF_CLOUDTRAIL[1], "Effect": "Allow", "Principal": principal, "Action": "s3:PutObject",
        "Resource": folders, "Condition": {"StringEquals": condition},
    }));
    if !site.wanted.access_logs.is_empty() {
        let sources: Vec<String> = site.wanted.access_logs.iter().map(|name| site.bucket_arn(name)).collect();
        all.push(json!({
            "Sid": "TrailqlS3AccessLogs", "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject", "Resource": below(&format!("{ACCESS_LOGS}*")),
            "Condition": {
                "ArnLike": {"aws:SourceArn": sources}, "StringEquals": {"aws:SourceAccount": site.caller.account},
            },
        }));
    }
    all
}

/// What the policy does not say yet, under whatever name.
fn missing(policy: Option<&Value>, wanted: Vec<Value>) -> Vec<Value> {
    let nameless = |statement: &Value| {
        let mut statement = statement.clone();
        statement["Sid"] = Value::Null;
        statement
    };
    let known: Vec<Value> = policy.map(documents::statements_of).unwrap_or_default();
    let is_known =
        |ours: &Value| known.iter().any(|known| documents::is_same(&nameless(known), &nameless(ours)));
    let mut missing = wanted;
    missing.retain(|ours| !is_known(ours));
    missing
}

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let step = Step::new(
        NAME,
        &site.bucket,
        "only CloudTrail for this trail, and S3 for access logs, write to it, with TLS",
    );
    let policy = facts.bucket().and_then(|bucket| bucket.policy.as_ref());
    let mut missing = missing(policy, statements(facts));
    // Access logs of other buckets that an earlier run has set up go on.
    let known = policy.map(documents::statements_of).unwrap_or_default();
    for statement in &mut missing {
        let (Some("TrailqlS3AccessLogs"), Some(old)) =
            (statement["Sid"].as_str(), known.iter().find(|known| known["Sid"] == "TrailqlS3AccessLogs"))
        else {
            continue;
        };
        let list = |value: &Value| match &value["Condition"]["ArnLike"]["aws:SourceArn"] {
            Value::Array(all) => all.clone(),
            Value::Null => Vec::new(),
            one => vec![one.clone()],
        };
        let mut sources = list(old);
        sources.extend(list(statement).into_iter().filter(|source| !list(old).contains(source)));
        statement["Condition"]["ArnLike"]["aws:SourceArn"] = Value::Array(sources);
    }
    if documents::holds(policy, &missing) {
        return Ok(vec![step]);
    }
    let merged = documents::merged(policy, &missing);
    let input = json!({"Bucket": site.bucket, "Policy": merged.to_string()});
    let step = step.call("s3", "PutBucketPolicy", &site.region, input)?;
    Ok(vec![if facts.bucket().is_some() { step.merging(policy, &merged) } else { step.making(&merged) }])
}

fn undo(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let Some(policy) = facts.bucket().and_then(|bucket| bucket.policy.as_ref()) else {
        return Ok(Vec::new());
    };
    let mut ours = vec!["TrailqlTlsOnly", "TrailqlS3AccessLogs"];
    // A trail that was there before goes on, and these may be what lets it write.
    let trail_stays = facts.trail().is_some_and(|trail| !facts.is_ours(&trail.tags));
    if !trail_stays {
        ours.extend(OF_CLOUDTRAIL);
    }
    let rest = documents::without(policy, &ours);
    if rest.as_ref() == Some(policy) {
        return Ok(Vec::new());
    }
    let step = Step::new(NAME, &site.bucket, "take the statements of setup out of the bucket's policy");
    let step = step.merging(Some(policy), &rest.clone().unwrap_or_default());
    let step = match rest {
        None => step.call("s3", "DeleteBucketPolicy", &site.region, json!({"Bucket": site.bucket}))?,
        Some(rest) => {
            let input = json!({"Bucket": site.bucket, "Policy": rest.to_string()});
            step.call("s3", "PutBucketPolicy", &site.region, input)?
        }
    };
    let kept = "the trail was there before, so what lets it write stays";
    Ok(vec![if trail_stays { step.noting(kept) } else { step }])
}
