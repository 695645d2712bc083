//! The trail is on.

use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::plan::Step;
use crate::setup::steps::Part;
use crate::setup::steps::nothing;

pub(super) const PART: Part = Part { plan, undo: nothing };

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let step = Step::new("logging", site.trail_arn(), "the trail is on");
    if facts.trail().is_some_and(|trail| trail.logging) {
        return Ok(vec![step]);
    }
    let input = json!({"Name": site.trail_arn()});
    let mut step = step.call("cloudtrail", "StartLogging", &site.trail_region, input)?;
    step.merges = facts.trail().is_some_and(|trail| !facts.is_ours(&trail.tags));
    Ok(vec![step])
}
