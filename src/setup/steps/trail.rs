//! The trail: all regions, services without a region, and digests that show what was changed later.

use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::plan::Step;
use crate::setup::steps::Part;
use crate::setup::steps::tags;

pub(super) const PART: Part = Part { plan, undo };

const NAME: &str = "trail";

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let what = match &site.organisation {
        Some(_) => "a trail of all accounts and all regions, with digests",
        None => "a trail of all regions, with digests",
    };
    let step = Step::new(NAME, site.trail_arn(), what);
    let alias = site.alias().map(|alias| {
        let (partition, account) = (&site.caller.partition, &site.caller.account);
        format!("arn:{partition}:kms:{}:{account}:{alias}", site.trail_region)
    });
    let Some(trail) = facts.trail() else {
        let mut input = json!({
            "Name": site.trail, "S3BucketName": site.bucket, "IncludeGlobalServiceEvents": true,
            "IsMultiRegionTrail": true, "EnableLogFileValidation": true,
            "IsOrganizationTrail": site.organisation.is_some(), "TagsList": tags(facts),
        });
        if let Some(alias) = alias {
            input["KmsKeyId"] = json!(alias);
        }
        return Ok(vec![
            step.call("cloudtrail", "CreateTrail", &site.trail_region, input.clone())?.making(&input),
        ]);
    };
    let mut before = json!({});
    let mut after = json!({});
    let settings = [
        ("IsMultiRegionTrail", trail.multi_region, true),
        ("IncludeGlobalServiceEvents", trail.global_events, true),
        ("EnableLogFileValidation", trail.validation, true),
        ("IsOrganizationTrail", trail.organisation, site.organisation.is_some()),
    ];
    for (name, known, wanted) in settings.into_iter().filter(|(_, known, wanted)| *wanted && !known) {
        before[name] = json!(known);
        after[name] = json!(wanted);
    }
    if trail.bucket != site.bucket {
        before["S3BucketName"] = json!(trail.bucket);
        after["S3BucketName"] = json!(site.bucket);
    }
    // A key of somebody else's choice stays.
    if let Some(alias) = alias.filter(|_| trail.key.is_none()) {
        before["KmsKeyId"] = json!(null);
        after["KmsKeyId"] = json!(alias);
    }
    if after == json!({}) {
        return Ok(vec![step]);
    }
    let mut input = after.clone();
    input["Name"] = json!(trail.arn);
    let step = step.call("cloudtrail", "UpdateTrail", &site.trail_region, input)?;
    Ok(vec![step.merging(Some(&before), &after)])
}

fn undo(facts: &Facts) -> Result<Vec<Step>> {
    let Some(trail) = facts.trail() else { return Ok(Vec::new()) };
    if !facts.is_ours(&trail.tags) {
        let step = Step::new(NAME, &trail.arn, "the trail stays");
        return Ok(vec![step.noting("setup did not make it; what setup turned on in it stays on")]);
    }
    let step = Step::new(NAME, &trail.arn, "remove the trail; what it has logged stays");
    let input = json!({"Name": trail.name});
    Ok(vec![step.call("cloudtrail", "DeleteTrail", &facts.site.trail_region, input)?])
}
