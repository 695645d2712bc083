//! How long logs are kept.

use serde_json::Value;
use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::plan::Step;
use crate::setup::steps::Part;

pub(super) const PART: Part = Part { plan, undo };

const NAME: &str = "lifecycle";

/// The identifiers of the rules of setup, and the folders they are about.
fn rules(facts: &Facts) -> Vec<(String, String)> {
    let site = &facts.site;
    site.folders()
        .into_iter()
        .map(|(name, folder)| (format!("{}-{name}", site.wanted.name), folder))
        .collect()
}

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let Some(days) = site.wanted.retention else { return Ok(Vec::new()) };
    let step = Step::new(
        NAME,
        &site.bucket,
        format!("logs are deleted after {days} days, and replaced ones then too"),
    );
    let known = facts.bucket().map(|bucket| bucket.lifecycle.as_slice()).unwrap_or_default();
    let is_so = |id: &str| {
        let rule = known.iter().find(|rule| rule.id() == Some(id));
        rule.and_then(|rule| rule.expiration()?.days()) == Some(days)
    };
    let wanted: Vec<Value> = rules(facts)
        .iter()
        .filter(|(id, _)| !is_so(id))
        .map(|(id, folder)| {
            json!({
                "ID": id, "Status": "Enabled", "Filter": {"Prefix": folder}, "Expiration": {"Days": days},
                "NoncurrentVersionExpiration": {"NoncurrentDays": days},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
            })
        })
        .collect();
    if wanted.is_empty() {
        return Ok(vec![step]);
    }
    // The rules that are there are read again when it is done, and put back with these.
    let after = json!({"Rules": wanted});
    let input = json!({"Bucket": site.bucket, "LifecycleConfiguration": after});
    let step = step.call("s3", "PutBucketLifecycleConfiguration", &site.region, input)?;
    if known.is_empty() {
        let mut step = step.making(&after);
        step.merges = facts.bucket().is_some();
        return Ok(vec![step]);
    }
    let ids: Vec<&str> = known.iter().filter_map(|rule| rule.id()).collect();
    let step = step.noting(format!("the {} rules that are there stay: {}", known.len(), ids.join(", ")));
    Ok(vec![step.merging(None, &after)])
}

fn undo(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let prefix = format!("{}-", site.wanted.name);
    let ours =
        |id: &str| ["cloudtrail", "s3-access"].iter().any(|name| id.strip_prefix(&prefix) == Some(*name));
    let known = facts.bucket().map(|bucket| bucket.lifecycle.as_slice()).unwrap_or_default();
    let found: Vec<&str> = known.iter().filter_map(|rule| rule.id()).filter(|id| ours(id)).collect();
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let step =
        Step::new(NAME, &site.bucket, "take out the rules of setup, so that nothing deletes logs any more");
    let step = match found.len() == known.len() {
        true => step.call("s3", "DeleteBucketLifecycle", &site.region, json!({"Bucket": site.bucket}))?,
        false => {
            let input = json!({"Bucket": site.bucket, "Without": found});
            step.call("s3", "PutBucketLifecycleConfiguration", &site.region, input)?
        }
    };
    Ok(vec![step])
}
