//! The queue for messages that cannot be read.

use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::plan::Step;
use crate::setup::site::TAG;
use crate::setup::steps::Part;
use crate::setup::steps::queue::FOURTEEN_DAYS;
use crate::setup::steps::queue::removing;
use crate::setup::steps::tls_only;

pub(super) const PART: Part = Part { plan, undo };

const NAME: &str = "dead-letters";

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    if site.wanted.announce.is_none() {
        return Ok(Vec::new());
    }
    let what = "what cannot be read waits here for two weeks instead of coming again and again";
    let step = Step::new(NAME, site.dead_letters(), what);
    if facts.dead_letters.is_some() {
        return Ok(vec![step]);
    }
    let policy = json!({
        "Version": "2012-10-17", "Statement": [tls_only("sqs:*", json!(site.dead_letters_arn()))],
    });
    let attributes = json!({
        "MessageRetentionPeriod": FOURTEEN_DAYS, "SqsManagedSseEnabled": "true", "Policy": policy.to_string(),
    });
    let input = json!({
        "QueueName": site.dead_letters(), "Attributes": attributes, "tags": {TAG: site.wanted.name},
    });
    Ok(vec![step.call("sqs", "CreateQueue", &site.region, input)?.making(&policy)])
}

fn undo(facts: &Facts) -> Result<Vec<Step>> {
    removing(facts, NAME, facts.dead_letters.as_ref())
}
