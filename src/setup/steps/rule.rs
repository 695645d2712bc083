//! The rule that sends what the bucket announces to the queue.

use serde_json::Value;
use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::documents;
use crate::setup::plan::Step;
use crate::setup::site::Announce;
use crate::setup::steps::Part;
use crate::setup::steps::announcing;
use crate::setup::steps::tags;

pub(super) const PART: Part = Part { plan, undo };

const NAME: &str = "rule";
const TARGET: &str = "trailql";

fn pattern(facts: &Facts) -> Value {
    let site = &facts.site;
    let folders: Vec<Value> = site.all_folders().iter().map(|folder| json!({"prefix": folder})).collect();
    json!({
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [site.bucket]}, "object": {"key": folders}},
    })
}

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    if announcing(facts) != Some(Announce::Rule) {
        return Ok(Vec::new());
    }
    let mut step = Step::new(NAME, site.rule_arn(), "a rule sends the queue what the bucket announces");
    if site.wanted.announce != Some(Announce::Rule) {
        step =
            step.noting("a notification for the same objects is there already, and S3 takes no second one");
    }
    let pattern = pattern(facts);
    let known = facts.rule.as_ref();
    let is_so = known.is_some_and(|rule| {
        rule.enabled && rule.pattern.as_ref().is_some_and(|known| documents::is_same(known, &pattern))
    });
    if !is_so {
        let mut input = json!({
            "Name": site.wanted.name, "EventPattern": pattern.to_string(), "State": "ENABLED",
            "Description": "Tells trailql of new logs",
        });
        // Tags are only taken when the rule is made.
        if known.is_none() {
            input["Tags"] = tags(facts);
        }
        step = step.call("events", "PutRule", &site.region, input)?;
        let before = known.and_then(|rule| rule.pattern.as_ref());
        step = if known.is_some() { step.merging(before, &pattern) } else { step.making(&pattern) };
    }
    if !known.is_some_and(|rule| rule.targets.values().any(|to| *to == site.queue_arn())) {
        let input = json!({"Rule": site.wanted.name, "Targets": [{"Id": TARGET, "Arn": site.queue_arn()}]});
        step = step.call("events", "PutTargets", &site.region, input)?;
    }
    Ok(vec![step])
}

fn undo(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let Some(rule) = facts.rule.as_ref().filter(|rule| facts.is_ours(&rule.tags)) else {
        return Ok(Vec::new());
    };
    let mut step = Step::new(NAME, site.rule_arn(), "remove the rule");
    if rule.targets.keys().any(|id| id != TARGET) {
        return Ok(vec![step.noting("it stays, since it has other targets too")]);
    }
    if !rule.targets.is_empty() {
        let input = json!({"Rule": site.wanted.name, "Ids": [TARGET]});
        step = step.call("events", "RemoveTargets", &site.region, input)?;
    }
    Ok(vec![step.call("events", "DeleteRule", &site.region, json!({"Name": site.wanted.name}))?])
}
