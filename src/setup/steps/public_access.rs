//! Nobody can make the bucket public.

use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::plan::Step;
use crate::setup::steps::Part;
use crate::setup::steps::nothing;

pub(super) const PART: Part = Part { plan, undo: nothing };

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let all = json!({
        "BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true,
    });
    let step = Step::new("public-access", &site.bucket, "the bucket cannot be made public");
    let input = json!({"Bucket": site.bucket, "PublicAccessBlockConfiguration": all});
    let Some(bucket) = facts.bucket() else {
        return Ok(vec![step.call("s3", "PutPublicAccessBlock", &site.region, input)?.making(&all)]);
    };
    if bucket.block.as_ref() == Some(&all) {
        return Ok(vec![step]);
    }
    // Somebody reads it without an account, and setup takes nothing away that was there.
    if bucket.public {
        return Ok(vec![
            step.noting("its policy is public, so it is left as it is; `trailql doctor` says more"),
        ]);
    }
    let step = step.call("s3", "PutPublicAccessBlock", &site.region, input)?;
    Ok(vec![step.merging(bucket.block.as_ref(), &all)])
}
