//! The lake against the account: does it have what was delivered?

use chrono::Duration;
use chrono::NaiveDate;

use crate::setup::doctor::Audit;
use crate::setup::doctor::Finding;
use crate::setup::doctor::Severity;
use crate::setup::doctor::found;

pub(super) fn check(audit: &Audit<'_>) -> Vec<Finding> {
    let Some(lake) = audit.lake.as_ref().filter(|lake| !lake.days.is_empty()) else { return Vec::new() };
    let mut findings = Vec::new();
    let bucket = &audit.facts.site.bucket;
    let delivered = audit.facts.trails.iter().filter_map(|trail| trail.last_delivery).max();
    if let (Some(delivered), Some(last)) = (delivered, lake.days.last())
        && delivered.date_naive() - *last > Duration::days(1)
    {
        findings.push(found(
            "lake-behind",
            Severity::Medium,
            &lake.url,
            format!("its last day is {last}, and the trail delivered on {}", delivered.date_naive()),
            "questions about these days are answered with nothing",
            format!("trailql ingest s3://{bucket}"),
        ));
    }
    let missing = |pair: &[NaiveDate]| {
        let (before, after) = (pair.first()?, pair.get(1)?);
        let (from, to) = (before.succ_opt()?, after.pred_opt()?);
        (from <= to).then_some((from, to))
    };
    for (from, to) in lake.days.windows(2).filter_map(missing) {
        findings.push(found(
            "lake-gap",
            Severity::Medium,
            &lake.url,
            format!("it has no event from {from} to {to}"),
            "something happens in every account each day, so logs are missing",
            format!("trailql ingest s3://{bucket} --full --since {from}"),
        ));
    }
    findings
}
