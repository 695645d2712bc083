//! Calls to SNS, SQS and EventBridge.

use aws_sdk_eventbridge::types::RuleState;
use aws_sdk_eventbridge::types::Target;
use aws_sdk_sqs::types::QueueAttributeName;

use crate::error::Error;
use crate::error::Result;
use crate::setup::Clients;
use crate::setup::clients::refused;
use crate::setup::send::Input;
use crate::setup::send::incomplete;
use crate::setup::send::list;

pub(super) async fn send(clients: &Clients, region: &str, service: &str, input: &Input) -> Result<()> {
    match service {
        "sns" => topics(clients, region, input).await,
        "sqs" => queues(clients, region, input).await,
        _ => rules(clients, region, input).await,
    }
}

async fn topics(clients: &Clients, region: &str, input: &Input) -> Result<()> {
    let sns = clients.sns(region);
    let operation = input.operation;
    match operation {
        "CreateTopic" => {
            let name = input.text("Name")?;
            let mut request = sns.create_topic().name(name);
            for (name, value) in input.texts("Attributes") {
                request = request.attributes(name, value);
            }
            for (key, value) in input.tags(&input.value["Tags"]) {
                let tag = aws_sdk_sns::types::Tag::builder().key(key).value(value).build();
                request = request.tags(tag.map_err(incomplete)?);
            }
            request.send().await.map_err(|error| refused(operation, name, error))?;
        }
        "SetTopicAttributes" => {
            let topic = input.text("TopicArn")?;
            let request = sns.set_topic_attributes().topic_arn(topic);
            let request = request.attribute_name(input.text("AttributeName")?);
            let request = request.attribute_value(input.text("AttributeValue")?);
            request.send().await.map_err(|error| refused(operation, topic, error))?;
        }
        "Subscribe" => {
            let topic = input.text("TopicArn")?;
            let mut request = sns.subscribe().topic_arn(topic).protocol(input.text("Protocol")?);
            request = request.endpoint(input.text("Endpoint")?);
            for (name, value) in input.texts("Attributes") {
                request = request.attributes(name, value);
            }
            request.send().await.map_err(|error| refused(operation, topic, error))?;
        }
        "Unsubscribe" => {
            let subscription = input.text("SubscriptionArn")?;
            let request = sns.unsubscribe().subscription_arn(subscription);
            request.send().await.map_err(|error| refused(operation, subscription, error))?;
        }
        "DeleteTopic" => {
            let topic = input.text("TopicArn")?;
            let request = sns.delete_topic().topic_arn(topic);
            request.send().await.map_err(|error| refused(operation, topic, error))?;
        }
        _ => return Err(input.unknown()),
    }
    Ok(())
}

async fn queues(clients: &Clients, region: &str, input: &Input) -> Result<()> {
    let sqs = clients.sqs(region);
    let operation = input.operation;
    match operation {
        "CreateQueue" => {
            let name = input.text("QueueName")?;
            let mut request = sqs.create_queue().queue_name(name);
            for (name, value) in input.texts("Attributes") {
                request = request.attributes(QueueAttributeName::from(name), value);
            }
            for (key, value) in input.texts("tags") {
                request = request.tags(key, value);
            }
            request.send().await.map_err(|error| refused(operation, name, error))?;
        }
        "SetQueueAttributes" => {
            let url = input.text("QueueUrl")?;
            let mut request = sqs.set_queue_attributes().queue_url(url);
            for (name, value) in input.texts("Attributes") {
                request = request.attributes(QueueAttributeName::from(name), value);
            }
            request.send().await.map_err(|error| refused(operation, url, error))?;
        }
        "DeleteQueue" => {
            let url = input.text("QueueUrl")?;
            let request = sqs.delete_queue().queue_url(url);
            request.send().await.map_err(|error| refused(operation, url, error))?;
        }
        _ => return Err(input.unknown()),
    }
    Ok(())
}

async fn rules(clients: &Clients, region: &str, input: &Input) -> Result<()> {
    let events = clients.events(region);
    let operation = input.operation;
    match operation {
        "PutRule" => {
            let name = input.text("Name")?;
            let mut request = events.put_rule().name(name).event_pattern(input.text("EventPattern")?);
            request = request.state(RuleState::from(input.text("State")?));
            request = request.description(input.text("Description")?);
            for (key, value) in input.tags(&input.value["Tags"]) {
                let tag = aws_sdk_eventbridge::types::Tag::builder().key(key).value(value).build();
                request = request.tags(tag.map_err(incomplete)?);
            }
            request.send().await.map_err(|error| refused(operation, name, error))?;
        }
        "PutTargets" => {
            let rule = input.text("Rule")?;
            let mut request = events.put_targets().rule(rule);
            for target in input.value["Targets"].as_array().into_iter().flatten() {
                let text = |name: &str| target[name].as_str().unwrap_or_default();
                let target = Target::builder().id(text("Id")).arn(text("Arn")).build();
                request = request.targets(target.map_err(incomplete)?);
            }
            let answer = request.send().await.map_err(|error| refused(operation, rule, error))?;
            // It answers well although it has refused.
            if let Some(failed) = answer.failed_entries().first() {
                let why = failed.error_message().or(failed.error_code()).unwrap_or_default();
                return Err(Error::storage(format!("PutTargets on {rule}: {why}")));
            }
        }
        "RemoveTargets" => {
            let rule = input.text("Rule")?;
            let request = events.remove_targets().rule(rule).set_ids(Some(list(&input.value["Ids"])));
            request.send().await.map_err(|error| refused(operation, rule, error))?;
        }
        "DeleteRule" => {
            let name = input.text("Name")?;
            let request = events.delete_rule().name(name);
            request.send().await.map_err(|error| refused(operation, name, error))?;
        }
        _ => return Err(input.unknown()),
    }
    Ok(())
}
