//! Trails: is everything logged, everywhere, now, and provably whole?

use chrono::Duration;

use crate::setup::doctor::Audit;
use crate::setup::doctor::Finding;
use crate::setup::doctor::Severity;
use crate::setup::doctor::found;
use crate::setup::facts::Trail;
use crate::setup::steps::logs_management;

/// CloudTrail delivers within some five minutes where anything happens, and something always does.
const STALE: Duration = Duration::hours(6);

pub(super) fn check(audit: &Audit<'_>) -> Vec<Finding> {
    let facts = audit.facts;
    if !facts.saw("DescribeTrails", "all trails") {
        return Vec::new();
    }
    let account = &facts.site.caller.account;
    if facts.trails.is_empty() {
        return vec![found(
            "no-trail",
            Severity::High,
            account,
            "no trail logs this region",
            "events are kept for ninety days only, one region at a time, without data events",
            "trailql setup --queue",
        )];
    }
    let mut findings = Vec::new();
    if !facts.trails.iter().any(|trail| trail.multi_region) {
        findings.push(found(
            "no-multi-region-trail",
            Severity::High,
            account,
            "no trail logs all regions",
            "who breaks in works where nobody looks",
            "trailql setup; its step trail makes the trail one of all regions",
        ));
    }
    for trail in facts.trails.iter().filter(|trail| trail.account() == account || trail.organisation) {
        of_trail(audit, trail, &mut findings);
    }
    findings
}

fn of_trail(audit: &Audit<'_>, trail: &Trail, findings: &mut Vec<Finding>) {
    let (facts, arn) = (audit.facts, trail.arn.as_str());
    let mut add = |check, severity, what: String, why, mend: String| {
        findings.push(found(check, severity, arn, what, why, mend));
    };
    let name = &trail.name;
    let region = &trail.home_region;
    if !trail.logging && facts.saw("GetTrailStatus", arn) {
        let mend = format!("aws cloudtrail start-logging --name {name} --region {region}");
        add("trail-off", Severity::High, "the trail is off".to_owned(), "nothing is logged", mend);
    }
    if !trail.validation {
        let mend = format!(
            "aws cloudtrail update-trail --name {name} --region {region} --enable-log-file-validation"
        );
        let why = "without digests nobody can show that logs were not changed or removed";
        add("trail-no-validation", Severity::High, "it writes no digests".to_owned(), why, mend);
    }
    if !trail.global_events {
        let mend = format!(
            "aws cloudtrail update-trail --name {name} --region {region} --include-global-service-events"
        );
        let why = "IAM, STS and CloudFront are in no region, and an intruder starts with IAM";
        add(
            "trail-no-global-events",
            Severity::High,
            "services without a region are not logged".to_owned(),
            why,
            mend,
        );
    }
    if trail.account() == facts.site.caller.account {
        if !logs_management(trail) && facts.saw("GetEventSelectors", arn) {
            let what = "its selectors leave management events out".to_owned();
            let why = "reads are how an intruder looks around, and excluded services are where they hide";
            let mend = "trailql setup; its step selectors adds what is missing".to_owned();
            add("trail-selectors", Severity::High, what, why, mend);
        }
        let unseen = !facts.saw("GetBucketLocation", &trail.bucket);
        if !facts.buckets.contains_key(&trail.bucket) && !unseen {
            let what = format!("its bucket {} is not there", trail.bucket);
            let mend = format!("trailql setup --bucket {}", trail.bucket);
            add("trail-bucket-missing", Severity::High, what, "what it logs is lost", mend);
        }
    }
    deliveries(audit, trail, findings);
}

fn deliveries(audit: &Audit<'_>, trail: &Trail, findings: &mut Vec<Finding>) {
    let (name, region) = (&trail.name, &trail.home_region);
    let mut add = |check, severity, what: String, why, mend: String| {
        findings.push(found(check, severity, &trail.arn, what, why, mend));
    };
    if let Some(error) = &trail.delivery_error {
        let what = format!("its last delivery failed: {error}");
        let mend = "trailql setup; its step bucket-policy lets CloudTrail write".to_owned();
        add("trail-delivery-failed", Severity::High, what, "what it logs is lost", mend);
    }
    if let Some(error) = &trail.digest_error {
        let what = format!("its last digest could not be delivered: {error}");
        let why = "a missing digest breaks the chain that proves the logs whole";
        let mend = "trailql setup; its step bucket-policy lets CloudTrail write".to_owned();
        add("trail-digest-failed", Severity::Medium, what, why, mend);
    }
    let last = trail.last_delivery.or(trail.started);
    if let Some(last) =
        last.filter(|last| trail.logging && trail.delivery_error.is_none() && audit.now - *last > STALE)
    {
        let what =
            format!("it last delivered at {}", last.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
        let why = "something happens in every account, so nothing new means that nothing arrives";
        let mend = format!("aws cloudtrail get-trail-status --name {name} --region {region}");
        add("trail-stale", Severity::High, what, why, mend);
    }
}
