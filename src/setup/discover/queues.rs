//! Topics, queues and rules.

use aws_sdk_sqs::types::QueueAttributeName;

use crate::error::Result;
use crate::setup::discover::Reader;
use crate::setup::discover::document;
use crate::setup::facts::Queue;
use crate::setup::facts::Rule;
use crate::setup::facts::Topic;

const NO_TOPIC: &[&str] = &["NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException"];
const NO_QUEUE: &[&str] = &["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"];
const NO_RULE: &[&str] = &["ResourceNotFoundException"];

impl Reader<'_> {
    pub(super) async fn topic(&mut self, arn: &str) -> Result<Option<Topic>> {
        let sns = self.clients.sns(&self.region);
        let attributes = sns.get_topic_attributes().topic_arn(arn).send().await;
        let Some(attributes) = self.seen("GetTopicAttributes", arn, NO_TOPIC, attributes)? else {
            return Ok(None);
        };
        let mut topic = Topic::default();
        let policy = attributes.attributes().and_then(|all| all.get("Policy"));
        topic.policy = policy.map(|policy| document(arn, policy)).transpose()?;
        let mut pages = sns.list_subscriptions_by_topic().topic_arn(arn).into_paginator().items().send();
        while let Some(found) = pages.next().await {
            let found = self.seen("ListSubscriptionsByTopic", arn, NO_TOPIC, found)?;
            let Some(found) = found else { break };
            if let Some((to, own)) = found.endpoint.zip(found.subscription_arn) {
                topic.subscriptions.insert(to, own);
            }
        }
        let tags = sns.list_tags_for_resource().resource_arn(arn).send().await;
        let tags = self.seen("ListTagsForResource", arn, NO_TOPIC, tags)?.and_then(|answer| answer.tags);
        topic.tags = tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect();
        Ok(Some(topic))
    }

    pub(super) async fn queue(&mut self, name: &str) -> Result<Option<Queue>> {
        let sqs = self.clients.sqs(&self.region);
        let url = sqs.get_queue_url().queue_name(name).send().await;
        let url = self.seen("GetQueueUrl", name, NO_QUEUE, url)?.and_then(|answer| answer.queue_url);
        let Some(url) = url else { return Ok(None) };
        let asked = sqs.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::All);
        let attributes = asked.send().await;
        let Some(attributes) = self.seen("GetQueueAttributes", name, NO_QUEUE, attributes)? else {
            return Ok(None);
        };
        let mut queue = Queue { url, ..Queue::default() };
        for (name, value) in attributes.attributes.unwrap_or_default() {
            queue.attributes.insert(name.as_str().to_owned(), value);
        }
        queue.arn = queue.attributes.get("QueueArn").cloned().unwrap_or_default();
        let tags = sqs.list_queue_tags().queue_url(&queue.url).send().await;
        let tags = self.seen("ListQueueTags", name, NO_QUEUE, tags)?.and_then(|answer| answer.tags);
        queue.tags = tags.unwrap_or_default().into_iter().collect();
        Ok(Some(queue))
    }

    pub(super) async fn rule(&mut self, name: &str, arn: &str) -> Result<Option<Rule>> {
        let events = self.clients.events(&self.region);
        let found = events.describe_rule().name(name).send().await;
        let Some(found) = self.seen("DescribeRule", name, NO_RULE, found)? else { return Ok(None) };
        let mut rule = Rule {
            enabled: found.state().is_none_or(|state| state.as_str().starts_with("ENABLED")),
            pattern: found.event_pattern().map(|pattern| document(arn, pattern)).transpose()?,
            ..Rule::default()
        };
        let mut next: Option<String> = None;
        loop {
            let page = events.list_targets_by_rule().rule(name).set_next_token(next).send().await;
            let Some(page) = self.seen("ListTargetsByRule", name, NO_RULE, page)? else { break };
            for target in page.targets() {
                rule.targets.insert(target.id().to_owned(), target.arn().to_owned());
            }
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        let tags = events.list_tags_for_resource().resource_arn(arn).send().await;
        let tags = self.seen("ListTagsForResource", arn, NO_RULE, tags)?.and_then(|answer| answer.tags);
        rule.tags = tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect();
        Ok(Some(rule))
    }
}
