//! The bucket for the logs.

use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::plan::Step;
use crate::setup::steps::Part;
use crate::setup::steps::tags;

pub(super) const PART: Part = Part { plan, undo };

const NAME: &str = "bucket";

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let step = Step::new(NAME, &site.bucket, "a bucket for the logs");
    let tagging = json!({"Bucket": site.bucket, "Tagging": {"TagSet": tags(facts)}});
    let Some(bucket) = facts.bucket() else {
        let mut input = json!({"Bucket": site.bucket});
        // The first region must not be named.
        if site.region != "us-east-1" {
            input["CreateBucketConfiguration"] = json!({"LocationConstraint": site.region});
        }
        let step = step.call("s3", "CreateBucket", &site.region, input.clone())?;
        return Ok(vec![step.call("s3", "PutBucketTagging", &site.region, tagging)?.making(&input)]);
    };
    if facts.bucket_is_ours() && bucket.tags.is_empty() {
        return Ok(vec![step.call("s3", "PutBucketTagging", &site.region, tagging)?]);
    }
    let shared = "it was there before; what it holds and what its policy says stays";
    Ok(vec![if facts.bucket_is_ours() { step } else { step.noting(shared) }])
}

fn undo(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let Some(bucket) = facts.bucket() else { return Ok(Vec::new()) };
    if !facts.is_ours(&bucket.tags) {
        let step = Step::new(NAME, &site.bucket, "the bucket stays");
        return Ok(vec![step.noting("setup did not make it")]);
    }
    if !bucket.empty {
        let step = Step::new(NAME, &site.bucket, "the bucket stays with the logs in it");
        return Ok(vec![
            step.noting("it stays private, encrypted and versioned; logs are data, and setup removes none"),
        ]);
    }
    let step = Step::new(NAME, &site.bucket, "remove the bucket, which is empty");
    Ok(vec![step.call("s3", "DeleteBucket", &site.region, json!({"Bucket": site.bucket}))?])
}
