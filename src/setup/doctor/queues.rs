//! The queue that is followed: is it fed, is it read, and is nothing lost on the way?

use serde_json::Value;

use crate::setup::Facts;
use crate::setup::doctor::Audit;
use crate::setup::doctor::Finding;
use crate::setup::doctor::Severity;
use crate::setup::doctor::found;
use crate::setup::doctor::grants;
use crate::setup::facts::Queue;

/// Four days: a long weekend.
const SHORTEST_RETENTION: i64 = 4 * 86_400;
/// What a batch of objects takes to be read, in seconds.
const SHORTEST_HIDING: i64 = 30;
/// More waiting messages than a day of a large account has.
const BACKLOG: i64 = 100_000;
/// Who feeds queues.
const SENDERS: [&str; 3] = ["sns.amazonaws.com", "s3.amazonaws.com", "events.amazonaws.com"];

pub(super) fn check(audit: &Audit<'_>) -> Vec<Finding> {
    let facts = audit.facts;
    let name = facts.site.queue();
    let Some(queue) = &facts.queue else {
        let seen = facts.saw("GetQueueUrl", &name) && facts.saw("GetQueueAttributes", &name);
        let ours = audit.queue.as_ref().filter(|url| seen && url.ends_with(&format!("/{name}")));
        let lost = ours.map(|url| {
            let what = "the queue that is followed is not there";
            let why = "nothing new is brought into the lake";
            found("queue-missing", Severity::High, url, what, why, "trailql setup --queue")
        });
        return lost.into_iter().collect();
    };
    let mut findings = Vec::new();
    settings(queue, &mut findings);
    letters(facts, queue, &mut findings);
    policy(facts, queue, &mut findings);
    feed(facts, queue, &mut findings);
    findings
}

fn settings(queue: &Queue, findings: &mut Vec<Finding>) {
    let mut set = |check, severity, what: String, why, attribute: &str| {
        let mend = format!("aws sqs set-queue-attributes --queue-url {} --attributes {attribute}", queue.url);
        findings.push(found(check, severity, &queue.arn, what, why, mend));
    };
    if let Some(kept) = queue.number("MessageRetentionPeriod").filter(|kept| *kept < SHORTEST_RETENTION) {
        let what = format!("it keeps messages for {} hours only", kept / 3_600);
        let why = "if nothing reads for a weekend, new logs are not heard of";
        set("queue-retention", Severity::Medium, what, why, "MessageRetentionPeriod=1209600");
    }
    if let Some(hidden) = queue.number("VisibilityTimeout").filter(|hidden| *hidden < SHORTEST_HIDING) {
        let what = format!("it hides a message that is being read for {hidden} seconds only");
        let why = "messages come again while they are worked on, and go to the dead letters";
        set("queue-visibility", Severity::Low, what, why, "VisibilityTimeout=300");
    }
    if let Some(waiting) = queue.number("ApproximateNumberOfMessages").filter(|waiting| *waiting > BACKLOG) {
        findings.push(found(
            "queue-backlog",
            Severity::Medium,
            &queue.arn,
            format!("{waiting} messages wait"),
            "the lake is behind, and messages expire",
            "trailql ingest --follow",
        ));
    }
}

fn letters(facts: &Facts, queue: &Queue, findings: &mut Vec<Finding>) {
    let mut add = |check, severity, what: String, why, mend: String| {
        findings.push(found(check, severity, &queue.arn, what, why, mend));
    };
    let Some(redrive) = queue.document("RedrivePolicy") else {
        let what = "it has no queue for what cannot be read".to_owned();
        let why = "a message that cannot be read comes again until it expires, and then is gone";
        add(
            "queue-no-dead-letters",
            Severity::Medium,
            what,
            why,
            "trailql setup --queue; its step queue".to_owned(),
        );
        return;
    };
    if redrive["deadLetterTargetArn"] != facts.site.dead_letters_arn() {
        return;
    }
    match &facts.dead_letters {
        None if facts.saw("GetQueueUrl", &facts.site.dead_letters()) => {
            let what = "its queue for what cannot be read is not there".to_owned();
            let why = "a message that cannot be read comes again until it expires, and then is gone";
            let mend = "trailql setup --queue; its step dead-letters".to_owned();
            add("dead-letters-missing", Severity::Medium, what, why, mend);
        }
        Some(dead) if dead.number("ApproximateNumberOfMessages").is_some_and(|count| count > 0) => {
            let count = dead.number("ApproximateNumberOfMessages").unwrap_or_default();
            let what = format!("{count} messages could not be read");
            let why = "each may tell of logs that are not in the lake";
            let mend = format!(
                "aws sqs receive-message --queue-url {}, and trailql ingest of what they name",
                dead.url
            );
            add("dead-letters", Severity::Medium, what, why, mend);
        }
        _ => {}
    }
}

fn policy(facts: &Facts, queue: &Queue, findings: &mut Vec<Finding>) {
    let policy = queue.document("Policy");
    let policy = policy.as_ref();
    let mend = "trailql setup --queue; its step queue";
    let mut add = |check, severity, what: String, why, mend: &str| {
        findings.push(found(check, severity, &queue.arn, what, why, mend));
    };
    let outside = grants::outsiders(policy, &facts.site.caller.account, "sqs:SendMessage");
    if !outside.is_empty() {
        let what = format!("its policy lets {} send without a condition", outside.join(" and "));
        let why = "whoever sends can have trailql read objects of their choice, or drown the queue";
        let mend =
            format!("aws sqs set-queue-attributes --queue-url {} ..., without that statement", queue.url);
        add("queue-open", Severity::High, what, why, &mend);
    }
    let fed = SENDERS.iter().any(|sender| !grants::of_service(policy, sender, "sqs:SendMessage").is_empty());
    if !fed {
        let what = "its policy lets no service of AWS send to it".to_owned();
        add("queue-policy", Severity::High, what, "it hears of nothing", mend);
    }
    if !grants::wants_tls(policy) {
        let why = "what is sent without TLS can be read and changed on the way";
        add("queue-no-tls", Severity::Low, "its policy lets requests in without TLS".to_owned(), why, mend);
    }
}

/// Whether the bucket tells it, by itself, through the topic or through the rule.
fn feed(facts: &Facts, queue: &Queue, findings: &mut Vec<Finding>) {
    let mut add = |check, on: &str, what: String| {
        let why = "it hears of nothing, and the lake falls behind without a word";
        findings.push(found(check, Severity::High, on, what, why, "trailql setup --queue"));
    };
    let Some(bucket) = facts.bucket() else { return };
    if !facts.saw("GetBucketNotificationConfiguration", &bucket.name) {
        return;
    }
    let tells = |list: &str, field: &str, arn: &str| {
        let entries = bucket.notifications[list].as_array();
        entries.into_iter().flatten().any(|entry: &Value| entry[field] == arn)
    };
    let (topic_arn, bucket_name) = (facts.site.topic_arn(), bucket.name.as_str());
    let by_topic = tells("TopicConfigurations", "TopicArn", &topic_arn);
    let by_rule = bucket.notifications["EventBridgeConfiguration"].is_object();
    if tells("QueueConfigurations", "QueueArn", &queue.arn) {
        return;
    }
    match (by_topic, &facts.topic, by_rule, &facts.rule) {
        (true, Some(topic), _, _) => {
            if !topic.subscriptions.contains_key(&queue.arn) {
                add("queue-not-subscribed", &topic_arn, "the queue does not listen to the topic".to_owned());
            }
            if grants::of_service(topic.policy.as_ref(), "s3.amazonaws.com", "sns:Publish").is_empty() {
                add("topic-policy", &topic_arn, "its policy does not let the bucket publish".to_owned());
            }
        }
        (true, None, _, _) => {
            add("topic-missing", &topic_arn, "the topic that the bucket tells is not there".to_owned());
        }
        (false, _, true, Some(rule)) => {
            let arn = facts.site.rule_arn();
            if !rule.enabled {
                add("rule-off", &arn, "the rule is off".to_owned());
            }
            if !rule.targets.values().any(|target| *target == queue.arn) {
                add("rule-target", &arn, "the rule does not send to the queue".to_owned());
            }
        }
        _ => {
            add("queue-not-fed", bucket_name, "the bucket does not tell the queue of new objects".to_owned())
        }
    }
}
