//! What lies in the bucket is encrypted, also what says no key itself.

use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::plan::Step;
use crate::setup::steps::Part;
use crate::setup::steps::nothing;

pub(super) const PART: Part = Part { plan, undo: nothing };

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let step = Step::new("encryption", &site.bucket, "objects are encrypted by default");
    if facts.bucket().is_some_and(|bucket| bucket.encryption.is_some()) {
        return Ok(vec![step]);
    }
    // The key of S3 itself: access logs cannot be delivered to a bucket with another by default. CloudTrail
    // encrypts its own objects with the key of the trail.
    let rules = json!({"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]});
    let input = json!({"Bucket": site.bucket, "ServerSideEncryptionConfiguration": rules});
    let mut step = step.call("s3", "PutBucketEncryption", &site.region, input)?.making(&rules);
    step.merges = facts.bucket().is_some();
    Ok(vec![step])
}
