//! The topic that the bucket tells of new objects.

use serde_json::Value;
use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::documents;
use crate::setup::plan::Step;
use crate::setup::site::Announce;
use crate::setup::steps::Part;
use crate::setup::steps::announcing;
use crate::setup::steps::service;
use crate::setup::steps::tags;
use crate::setup::steps::tls_only;

pub(super) const PART: Part = Part { plan, undo };

const NAME: &str = "topic";

fn statements(facts: &Facts) -> Vec<Value> {
    let (topic, bucket) = (facts.site.topic_arn(), facts.site.bucket_arn(&facts.site.bucket));
    vec![
        tls_only("sns:Publish", json!(topic)),
        service(facts, "TrailqlBucket", "s3.amazonaws.com", "sns:Publish", &topic, &bucket),
    ]
}

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    if announcing(facts) != Some(Announce::Topic) {
        return Ok(Vec::new());
    }
    let step =
        Step::new(NAME, site.topic_arn(), "the bucket tells a topic, so that others can listen as well");
    let statements = statements(facts);
    let Some(topic) = &facts.topic else {
        let policy = documents::merged(None, &statements);
        let input = json!({
            "Name": site.wanted.name, "Attributes": {"Policy": policy.to_string()}, "Tags": tags(facts),
        });
        return Ok(vec![step.call("sns", "CreateTopic", &site.region, input)?.making(&policy)]);
    };
    if documents::holds(topic.policy.as_ref(), &statements) {
        return Ok(vec![step]);
    }
    let policy = documents::merged(topic.policy.as_ref(), &statements);
    let input = json!({
        "TopicArn": site.topic_arn(), "AttributeName": "Policy", "AttributeValue": policy.to_string(),
    });
    let step = step.call("sns", "SetTopicAttributes", &site.region, input)?;
    Ok(vec![step.merging(topic.policy.as_ref(), &policy)])
}

fn undo(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let Some(topic) = &facts.topic else { return Ok(Vec::new()) };
    let arn = site.topic_arn();
    let stays = |why: &str| Ok(vec![Step::new(NAME, &arn, "the topic stays").noting(why)]);
    if !facts.is_ours(&topic.tags) {
        return stays("setup did not make it");
    }
    if topic.subscriptions.keys().any(|to| *to != site.queue_arn()) {
        return stays("others listen to it");
    }
    let step = Step::new(NAME, &arn, "remove the topic");
    Ok(vec![step.call("sns", "DeleteTopic", &site.region, json!({"TopicArn": arn}))?])
}
