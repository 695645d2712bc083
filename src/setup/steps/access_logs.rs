//! Access to the named buckets is logged.

use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::plan::Step;
use crate::setup::site::ACCESS_LOGS;
use crate::setup::steps::Part;

pub(super) const PART: Part = Part { plan, undo };

const NAME: &str = "access-logs";

fn plan(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let mut steps = Vec::new();
    for name in &site.wanted.access_logs {
        let step = Step::new(NAME, name, "access to the bucket is logged");
        let logging = facts.buckets.get(name).and_then(|bucket| bucket.logging.as_ref());
        let prefix = format!("{ACCESS_LOGS}{name}/");
        steps.push(match logging {
            Some((bucket, known)) if *bucket == site.bucket && *known == prefix => step,
            Some((bucket, known)) => {
                step.noting(format!("it goes to s3://{bucket}/{known} already, and stays there"))
            }
            None => {
                // A folder a day: a day can then be listed by itself.
                let format = json!({"PartitionedPrefix": {"PartitionDateSource": "EventTime"}});
                let status = json!({"LoggingEnabled": {
                    "TargetBucket": site.bucket, "TargetPrefix": prefix, "TargetObjectKeyFormat": format,
                }});
                let input = json!({"Bucket": name, "BucketLoggingStatus": status});
                let mut step = step.call("s3", "PutBucketLogging", &site.region, input)?.making(&status);
                step.merges = true;
                step
            }
        });
    }
    Ok(steps)
}

fn undo(facts: &Facts) -> Result<Vec<Step>> {
    let site = &facts.site;
    let mut steps = Vec::new();
    for bucket in facts.buckets.values() {
        let (name, prefix) = (&bucket.name, format!("{ACCESS_LOGS}{}/", bucket.name));
        if bucket.logging.as_ref().is_some_and(|(to, known)| *to == site.bucket && *known == prefix) {
            let step = Step::new(NAME, name, "access to the bucket is logged no more; the logs stay");
            let input = json!({"Bucket": name, "BucketLoggingStatus": {}});
            steps.push(step.call("s3", "PutBucketLogging", &bucket.region, input)?);
        }
    }
    Ok(steps)
}
