//! What the trail logs: every management event, and the data events that were asked for.

use serde_json::Value;
use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::facts::Trail;
use crate::setup::plan::Step;
use crate::setup::steps::Part;
use crate::setup::steps::nothing;

pub(super) const PART: Part = Part { plan, undo: nothing };

const NAME: &str = "selectors";
/// The data events that the older form of selectors knows, and how it says all of them.
const OLDER: [(&str, &str); 2] = [("AWS::S3::Object", "s3"), ("AWS::Lambda::Function", "lambda")];

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let step =
        Step::new(NAME, site.trail_arn(), "every management event is logged, and the data events asked for");
    let kinds = &site.wanted.data_events;
    let trail = facts.trail();
    let known = trail.map(|trail| trail.advanced.as_slice()).unwrap_or_default();
    let older = trail.map(|trail| trail.selectors.as_slice()).unwrap_or_default();
    let is_default = known.is_empty() && older.iter().all(|selector| *selector == default());
    let (name, before, after) = if is_default && kinds.is_empty() && trail.is_some() {
        return Ok(vec![step]);
    } else if known.is_empty() && !is_default {
        let Some(after) = older_with(facts, older, kinds) else {
            return Ok(vec![step.noting(
                "the trail has selectors of the older form, which know S3 and Lambda only; they are left as they are",
            )]);
        };
        ("EventSelectors", json!(older), after)
    } else {
        ("AdvancedEventSelectors", json!(known), newer_with(facts, known, kinds))
    };
    if before == json!(after) {
        return Ok(vec![step]);
    }
    let input = json!({"TrailName": site.trail_arn(), name: after});
    let step = step.call("cloudtrail", "PutEventSelectors", &site.trail_region, input)?;
    let is_new = trail.is_none_or(|trail| facts.is_ours(&trail.tags) && trail.advanced.is_empty());
    let after = json!(after);
    Ok(vec![if is_new { step.making(&after) } else { step.merging(Some(&before), &after) }])
}

/// What a trail logs of which nobody has said more.
fn default() -> Value {
    json!({
        "ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [],
        "ExcludeManagementEventSources": [],
    })
}

/// Tells whether a trail logs every management event.
pub(in crate::setup) fn logs_management(trail: &Trail) -> bool {
    let newer = |selector: &Value| {
        let fields = selector["FieldSelectors"].as_array().map(Vec::as_slice).unwrap_or_default();
        matches!(fields, [one] if one["Field"] == "eventCategory" && one["Equals"] == json!(["Management"]))
    };
    let older = |selector: &Value| {
        selector["ReadWriteType"] == "All"
            && selector["IncludeManagementEvents"] == true
            && selector["ExcludeManagementEventSources"].as_array().is_none_or(Vec::is_empty)
    };
    if trail.advanced.is_empty() {
        return trail.selectors.is_empty() || trail.selectors.iter().any(older);
    }
    trail.advanced.iter().any(newer)
}

/// Tells whether a trail logs data events of that kind of resource, of some resources at least.
fn logs_data(trail: &Trail, kind: &str) -> bool {
    let newer = |selector: &Value| {
        let mut fields = selector["FieldSelectors"].as_array().into_iter().flatten();
        fields.any(|field| field["Field"] == "resources.type" && field["Equals"] == json!([kind]))
    };
    let older = |selector: &Value| {
        let mut resources = selector["DataResources"].as_array().into_iter().flatten();
        resources.any(|resource| resource["Type"] == kind)
    };
    trail.advanced.iter().any(newer) || trail.selectors.iter().any(older)
}

fn newer_with(facts: &Facts, known: &[Value], kinds: &[String]) -> Vec<Value> {
    let probe = Trail { advanced: known.to_vec(), ..Trail::default() };
    let mut all = known.to_vec();
    if known.is_empty() || !logs_management(&probe) {
        all.push(json!({
            "Name": "Management events",
            "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
        }));
    }
    for kind in kinds.iter().filter(|kind| !logs_data(&probe, kind)) {
        let mut fields = vec![
            json!({"Field": "eventCategory", "Equals": ["Data"]}),
            json!({"Field": "resources.type", "Equals": [kind]}),
        ];
        if kind == "AWS::S3::Object" {
            // Else each delivery to the bucket is an event, which makes another delivery.
            let own = facts.site.bucket_arn(&format!("{}/", facts.site.bucket));
            fields.push(json!({"Field": "resources.ARN", "NotStartsWith": [own]}));
        }
        all.push(json!({"Name": format!("Data events of {kind}"), "FieldSelectors": fields}));
    }
    all
}

fn older_with(facts: &Facts, known: &[Value], kinds: &[String]) -> Option<Vec<Value>> {
    let probe = Trail { selectors: known.to_vec(), ..Trail::default() };
    let mut all = known.to_vec();
    if !logs_management(&probe) {
        let mut more = default();
        more["DataResources"] = json!([]);
        all.push(more);
    }
    for kind in kinds.iter().filter(|kind| !logs_data(&probe, kind)) {
        let (_, service) = OLDER.iter().find(|(known, _)| known == kind)?;
        let every = format!("arn:{}:{service}", facts.site.caller.partition);
        let last = all.last_mut()?;
        let mut resources = last["DataResources"].as_array().cloned().unwrap_or_default();
        resources.push(json!({"Type": kind, "Values": [every]}));
        last["DataResources"] = Value::Array(resources);
    }
    Some(all)
}
