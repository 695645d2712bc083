//! The queue listens to the topic.

use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::plan::Step;
use crate::setup::site::Announce;
use crate::setup::steps::Part;
use crate::setup::steps::announcing;

pub(super) const PART: Part = Part { plan, undo };

const NAME: &str = "subscription";

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    if announcing(facts) != Some(Announce::Topic) {
        return Ok(Vec::new());
    }
    let step = Step::new(NAME, site.queue_arn(), "the queue hears what the topic is told, as it was told");
    let known = facts.topic.as_ref().is_some_and(|topic| topic.subscriptions.contains_key(&site.queue_arn()));
    if known {
        return Ok(vec![step]);
    }
    let input = json!({
        "TopicArn": site.topic_arn(), "Protocol": "sqs", "Endpoint": site.queue_arn(),
        "Attributes": {"RawMessageDelivery": "true"},
    });
    Ok(vec![step.call("sns", "Subscribe", &site.region, input.clone())?.making(&input)])
}

fn undo(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let own = facts.topic.as_ref().and_then(|topic| topic.subscriptions.get(&site.queue_arn()));
    let queue_is_ours = facts.queue.as_ref().is_none_or(|queue| facts.is_ours(&queue.tags));
    let Some(own) = own.filter(|_| queue_is_ours) else { return Ok(Vec::new()) };
    let step = Step::new(NAME, own, "the queue listens to the topic no more");
    Ok(vec![step.call("sns", "Unsubscribe", &site.region, json!({"SubscriptionArn": own}))?])
}
