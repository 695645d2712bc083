//! CloudTrail may act in every account of the organisation.

use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::discover::CLOUDTRAIL;
use crate::setup::plan::Step;
use crate::setup::steps::Part;

pub(super) const PART: Part = Part { plan, undo };

const NAME: &str = "trusted-access";

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let (Some(organisation), true) = (&facts.organisation, facts.site.wanted.organisation) else {
        return Ok(Vec::new());
    };
    let step = Step::new(NAME, &organisation.id, "let CloudTrail log every account of the organisation");
    if organisation.management_account != facts.site.caller.account {
        return Ok(vec![step.noting(format!(
            "only {} can do this, and must have made {} a delegated administrator of CloudTrail",
            organisation.management_account, facts.site.caller.account
        ))]);
    }
    if organisation.trusts_cloudtrail {
        return Ok(vec![step]);
    }
    let input = json!({"ServicePrincipal": CLOUDTRAIL});
    // Organizations has one endpoint, whatever the region.
    Ok(vec![
        step.call("organizations", "EnableAWSServiceAccess", &facts.site.caller.region, input.clone())?
            .making(&input),
    ])
}

fn undo(facts: &Facts) -> Result<Vec<Step>> {
    let kept = facts.organisation.as_ref().filter(|organisation| organisation.trusts_cloudtrail);
    Ok(kept.map_or_else(Vec::new, |organisation| {
        let step = Step::new(NAME, &organisation.id, "trusted access of CloudTrail stays");
        vec![step.noting("other trails may need it")]
    }))
}
