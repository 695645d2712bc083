//! The bucket announces new objects; whatever it announces already goes on.

use serde_json::Value;
use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::plan::Step;
use crate::setup::site::Announce;
use crate::setup::steps::Part;

pub(super) const PART: Part = Part { plan, undo };

const NAME: &str = "notification";
const LISTS: [&str; 3] = ["TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations"];

/// How the queue is fed: as was asked for, or by a rule where S3 would refuse a second notification.
pub(in crate::setup) fn announcing(facts: &Facts) -> Option<Announce> {
    let wanted = facts.site.wanted.announce?;
    let known = facts.bucket().map(|bucket| &bucket.notifications);
    let taken = known.is_some_and(|known| entries(known).any(|(_, entry)| is_in_the_way(facts, entry)));
    Some(if taken { Announce::Rule } else { wanted })
}

fn entries(configuration: &Value) -> impl Iterator<Item = (&'static str, &Value)> {
    LISTS
        .into_iter()
        .flat_map(|list| configuration[list].as_array().into_iter().flatten().map(move |entry| (list, entry)))
}

fn is_ours(facts: &Facts, entry: &Value) -> bool {
    ["cloudtrail", "s3-access"].iter().any(|folder| entry["Id"] == json!(facts.site.notification(folder)))
}

/// S3 takes no two notifications for the same event of the same object.
fn is_in_the_way(facts: &Facts, entry: &Value) -> bool {
    let events = entry["Events"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut created = events.filter(|event| event.starts_with("s3:ObjectCreated"));
    if is_ours(facts, entry) || created.next().is_none() {
        return false;
    }
    let rules = entry["Filter"]["Key"]["FilterRules"].as_array();
    let prefix = rules.into_iter().flatten().find(|rule| rule["Name"] == "prefix");
    let prefix = prefix.and_then(|rule| rule["Value"].as_str()).unwrap_or_default();
    let folders = facts.site.folders();
    folders.iter().any(|(_, folder)| folder.starts_with(prefix) || prefix.starts_with(folder.as_str()))
}

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let Some(how) = announcing(facts) else { return Ok(Vec::new()) };
    let step = Step::new(NAME, &site.bucket, "the bucket announces new logs");
    let known = facts.bucket().map(|bucket| &bucket.notifications).filter(|known| !known.is_null());
    let mut after = known.cloned().unwrap_or_else(|| json!({}));
    let (list, arn, to) = match how {
        Announce::Rule => ("", "", String::new()),
        Announce::Topic => ("TopicConfigurations", "TopicArn", site.topic_arn()),
        Announce::Queue => ("QueueConfigurations", "QueueArn", site.queue_arn()),
    };
    if how == Announce::Rule {
        after["EventBridgeConfiguration"] = json!({});
    } else {
        let replaced = |entry: &Value| {
            site.folders().iter().any(|(name, _)| entry["Id"] == json!(site.notification(name)))
        };
        take_out(&mut after, replaced);
        let mut all = after[list].as_array().cloned().unwrap_or_default();
        all.extend(site.folders().iter().map(|(name, folder)| {
            json!({
                "Id": site.notification(name), arn: to, "Events": ["s3:ObjectCreated:*"],
                "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": folder}]}},
            })
        }));
        after[list] = Value::Array(all);
    }
    let before = known.cloned().unwrap_or_else(|| json!({}));
    if crate::setup::documents::is_same(&before, &after) {
        return Ok(vec![step]);
    }
    let input = json!({"Bucket": site.bucket, "NotificationConfiguration": after});
    let step = step.call("s3", "PutBucketNotificationConfiguration", &site.region, input)?;
    Ok(vec![if facts.bucket().is_some() { step.merging(Some(&before), &after) } else { step.making(&after) }])
}

fn take_out(configuration: &mut Value, unwanted: impl Fn(&Value) -> bool) {
    let Some(lists) = configuration.as_object_mut() else { return };
    for list in lists.values_mut().filter_map(Value::as_array_mut) {
        list.retain(|entry| !unwanted(entry));
    }
    lists.retain(|_, list| list.as_array().is_none_or(|list| !list.is_empty()));
}

fn undo(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let Some(bucket) = facts.bucket() else { return Ok(Vec::new()) };
    let mut after = bucket.notifications.clone();
    take_out(&mut after, |entry| is_ours(facts, entry));
    // In a bucket that was there before, others may have turned this on.
    let rule_is_ours = facts.rule.as_ref().is_some_and(|rule| facts.is_ours(&rule.tags));
    if rule_is_ours && facts.is_ours(&bucket.tags) {
        take_key(&mut after, "EventBridgeConfiguration");
    }
    if after == bucket.notifications {
        return Ok(Vec::new());
    }
    let step =
        Step::new(NAME, &site.bucket, "the bucket no longer tells setup's topic or queue of new objects");
    let input = json!({"Bucket": site.bucket, "NotificationConfiguration": after});
    let step = step.call("s3", "PutBucketNotificationConfiguration", &site.region, input)?;
    Ok(vec![step.merging(Some(&bucket.notifications), &after)])
}

fn take_key(configuration: &mut Value, key: &str) {
    if let Some(configuration) = configuration.as_object_mut() {
        configuration.remove(key);
    }
}
