//! What is overwritten or deleted in the bucket can be brought back.

use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::plan::Step;
use crate::setup::steps::Part;
use crate::setup::steps::nothing;

pub(super) const PART: Part = Part { plan, undo: nothing };

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let step = Step::new("versioning", &site.bucket, "what is overwritten or deleted can be brought back");
    let status = facts.bucket().and_then(|bucket| bucket.versioning.as_deref());
    if status == Some("Enabled") {
        return Ok(vec![step]);
    }
    let after = json!({"Status": "Enabled"});
    let input = json!({"Bucket": site.bucket, "VersioningConfiguration": after});
    let step = step.call("s3", "PutBucketVersioning", &site.region, input)?;
    let before = status.map(|status| json!({"Status": status}));
    Ok(vec![if facts.bucket().is_some() {
        step.merging(before.as_ref(), &after)
    } else {
        step.making(&after)
    }])
}
