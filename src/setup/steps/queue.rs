//! The queue that tells of new objects.

use serde_json::Value;
use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::documents;
use crate::setup::facts::Queue;
use crate::setup::plan::Step;
use crate::setup::site::Announce;
use crate::setup::site::TAG;
use crate::setup::steps::Part;
use crate::setup::steps::announcing;
use crate::setup::steps::service;
use crate::setup::steps::tls_only;

pub(super) const PART: Part = Part { plan, undo };

const NAME: &str = "queue";
/// A queue keeps a message no longer, in seconds.
pub(super) const FOURTEEN_DAYS: &str = "1209600";

fn statements(facts: &Facts) -> Vec<Value> {
    let site = &facts.site;
    let (sender, source) = match announcing(facts) {
        Some(Announce::Rule) => ("events.amazonaws.com", site.rule_arn()),
        Some(Announce::Queue) => ("s3.amazonaws.com", site.bucket_arn(&site.bucket)),
        Some(Announce::Topic) | None => ("sns.amazonaws.com", site.topic_arn()),
    };
    let queue = site.queue_arn();
    vec![
        tls_only("sqs:*", json!(queue)),
        service(facts, "TrailqlDeliveries", sender, "sqs:SendMessage", &queue, &source),
    ]
}

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    if site.wanted.announce.is_none() {
        return Ok(Vec::new());
    }
    let step = Step::new(NAME, site.queue(), "a queue tells `trailql ingest --follow` of new objects");
    let redrive = json!({"deadLetterTargetArn": site.dead_letters_arn(), "maxReceiveCount": 5});
    let statements = statements(facts);
    let Some(queue) = &facts.queue else {
        let policy = documents::merged(None, &statements);
        let attributes = json!({
            "VisibilityTimeout": "300", "MessageRetentionPeriod": FOURTEEN_DAYS, "ReceiveMessageWaitTimeSeconds": "20",
            "SqsManagedSseEnabled": "true", "RedrivePolicy": redrive.to_string(), "Policy": policy.to_string(),
        });
        let input =
            json!({"QueueName": site.queue(), "Attributes": attributes, "tags": {TAG: site.wanted.name}});
        return Ok(vec![step.call("sqs", "CreateQueue", &site.region, input)?.making(&policy)]);
    };
    let mut attributes = json!({});
    let (before, mut after) = (queue.document("Policy"), None);
    if !documents::holds(before.as_ref(), &statements) {
        let policy = documents::merged(before.as_ref(), &statements);
        attributes["Policy"] = json!(policy.to_string());
        after = Some(policy);
    }
    if queue.document("RedrivePolicy").is_none() {
        attributes["RedrivePolicy"] = json!(redrive.to_string());
    }
    if attributes == json!({}) {
        return Ok(vec![step]);
    }
    let input = json!({"QueueUrl": queue.url, "Attributes": attributes});
    let step = step.call("sqs", "SetQueueAttributes", &site.region, input)?;
    let after = after.or_else(|| before.clone()).unwrap_or_default();
    Ok(vec![step.merging(before.as_ref(), &after)])
}

fn undo(facts: &Facts) -> Result<Vec<Step>> {
    removing(facts, NAME, facts.queue.as_ref())
}

/// Removes a queue that setup made; its messages only tell of objects, which stay.
pub(super) fn removing(facts: &Facts, name: &'static str, queue: Option<&Queue>) -> Result<Vec<Step>> {
    let Some(queue) = queue else { return Ok(Vec::new()) };
    if !facts.is_ours(&queue.tags) {
        let step = Step::new(name, &queue.arn, "the queue stays");
        return Ok(vec![step.noting("setup did not make it")]);
    }
    let step = Step::new(name, &queue.arn, "remove the queue; the objects that its messages tell of stay");
    Ok(vec![step.call("sqs", "DeleteQueue", &facts.site.region, json!({"QueueUrl": queue.url}))?])
}
