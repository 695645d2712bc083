//! Those who watch: CloudTrail, CloudWatch, Config, GuardDuty, logs.

use crate::incident::calls::Call;
use crate::incident::company::FRANKFURT;
use crate::incident::company::TRAIL;
use crate::incident::moment::Moment;
use serde_json::json;

/// The ARN of an account's trail.
pub(crate) fn trail_arn(account: &str) -> String {
    format!("arn:aws:cloudtrail:{FRANKFURT}:{account}:trail/{TRAIL}")
}

/// Switches a trail off or on: `StopLogging`, `StartLogging`.
pub(crate) fn switch_logging(name: &'static str, account: &str) -> Call {
    Call::change("cloudtrail", name, json!({ "name": trail_arn(account) }))
}

/// Asks which trails there are.
pub(crate) fn describe_trails() -> Call {
    Call::read("cloudtrail", "DescribeTrails", json!({ "includeShadowTrails": true, "trailNameList": [] }))
}

/// Asks whether a trail is logging.
pub(crate) fn trail_status(account: &str) -> Call {
    Call::read("cloudtrail", "GetTrailStatus", json!({ "name": trail_arn(account) }))
}

/// Searches the recent events by one attribute.
pub(crate) fn lookup_events(key: &str, value: &str, since: Moment) -> Call {
    let request = json!({
        "lookupAttributes": [{ "attributeKey": key, "attributeValue": value }],
        "startTime": since.spelled(),
        "maxResults": 50,
    });
    Call::read("cloudtrail", "LookupEvents", request)
}

/// Reads measurements.
pub(crate) fn get_metric_data(namespace: &str, metric: &str, since: Moment, until: Moment) -> Call {
    let request = json!({
        "startTime": since.spelled(),
        "endTime": until.spelled(),
        "metricDataQueries": [{
            "id": "m1",
            "metricStat": { "metric": { "namespace": namespace, "metricName": metric }, "period": 300, "stat": "Average" },
        }],
    });
    Call::read("monitoring", "GetMetricData", request).on_data()
}

/// Asks which alarms ring.
pub(crate) fn describe_alarms() -> Call {
    Call::read("monitoring", "DescribeAlarms", json!({ "stateValue": "ALARM", "maxRecords": 100 }))
}

/// A function opens the log of a new copy of itself.
pub(crate) fn create_log_stream(function: &str, stream: &str) -> Call {
    let request = json!({ "logGroupName": format!("/aws/lambda/{function}"), "logStreamName": stream });
    Call::change("logs", "CreateLogStream", request)
}

/// Config writes down what it thinks of a resource.
pub(crate) fn put_evaluations(kind: &str, id: &str, verdict: &str, when: Moment) -> Call {
    let request = json!({
        "evaluations": [{
            "complianceResourceType": kind,
            "complianceResourceId": id,
            "complianceType": verdict,
            "orderingTimestamp": when.spelled(),
        }],
        "testMode": false,
    });
    Call::change("config", "PutEvaluations", request).answered(json!({ "failedEvaluations": [] }))
}

/// Reads the findings of GuardDuty.
pub(crate) fn list_findings() -> Call {
    let detector = "a2c4e6f81b3d5079a2c4e6f81b3d5079";
    Call::read("guardduty", "ListFindings", json!({ "detectorId": detector, "maxResults": 50 }))
}
