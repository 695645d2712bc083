//! Trails, their status, selectors and tags.

use aws_sdk_cloudtrail::primitives::DateTime;
use serde_json::Value;
use serde_json::json;

use crate::error::Result;
use crate::setup::discover::Reader;
use crate::setup::facts::Caller;
use crate::setup::facts::Trail;

/// What is said of a trail that went away in between, or that another account owns.
const GONE: &[&str] =
    &["TrailNotFoundException", "CloudTrailARNInvalidException", "InvalidTrailNameException"];

impl Reader<'_> {
    /// Every trail that logs this region.
    pub(super) async fn trails(&mut self, caller: &Caller) -> Result<Vec<Trail>> {
        let cloudtrail = self.clients.cloudtrail(&self.region);
        // It answers with all at once.
        let answer = cloudtrail.describe_trails().include_shadow_trails(true).send().await;
        let answer = self.seen("DescribeTrails", "all trails", &[], answer)?;
        let mut trails = Vec::new();
        for found in answer.and_then(|answer| answer.trail_list).unwrap_or_default() {
            let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
            let some = |value: Option<&str>| value.filter(|value| !value.is_empty()).map(str::to_owned);
            let mut trail = Trail {
                name: text(found.name()),
                arn: text(found.trail_arn()),
                home_region: found.home_region().unwrap_or(&self.region).to_owned(),
                bucket: text(found.s3_bucket_name()),
                prefix: some(found.s3_key_prefix()),
                key: some(found.kms_key_id()),
                multi_region: found.is_multi_region_trail().unwrap_or_default(),
                validation: found.log_file_validation_enabled().unwrap_or_default(),
                organisation: found.is_organization_trail().unwrap_or_default(),
                global_events: found.include_global_service_events().unwrap_or_default(),
                ..Trail::default()
            };
            self.complete(&mut trail, caller).await?;
            trails.push(trail);
        }
        Ok(trails)
    }

    async fn complete(&mut self, trail: &mut Trail, caller: &Caller) -> Result<()> {
        let cloudtrail = self.clients.cloudtrail(&trail.home_region);
        let arn = trail.arn.clone();
        let status = cloudtrail.get_trail_status().name(&arn).send().await;
        if let Some(status) = self.seen("GetTrailStatus", &arn, GONE, status)? {
            let some = |value: Option<&str>| value.filter(|value| !value.is_empty()).map(str::to_owned);
            trail.logging = status.is_logging().unwrap_or_default();
            trail.last_delivery = status.latest_delivery_time().and_then(time);
            trail.started = status.start_logging_time().and_then(time);
            trail.delivery_error = some(status.latest_delivery_error());
            trail.digest_error = some(status.latest_digest_delivery_error());
        }
        // The members of an organisation may look at its trail, but not at all of it.
        if trail.account() != caller.account {
            return Ok(());
        }
        let selectors = cloudtrail.get_event_selectors().trail_name(&arn).send().await;
        if let Some(found) = self.seen("GetEventSelectors", &arn, GONE, selectors)? {
            trail.selectors = found.event_selectors().iter().map(basic).collect();
            trail.advanced = found.advanced_event_selectors().iter().map(advanced).collect();
        }
        let mut pages = cloudtrail.list_tags().resource_id_list(&arn).into_paginator().send();
        while let Some(page) = pages.next().await {
            let Some(page) = self.seen("ListTags", &arn, GONE, page)? else { break };
            for tag in page.resource_tag_list().iter().flat_map(|resource| resource.tags_list()) {
                trail.tags.insert(tag.key().to_owned(), tag.value().unwrap_or_default().to_owned());
            }
        }
        Ok(())
    }
}

fn time(time: &DateTime) -> Option<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::from_timestamp(time.secs(), 0)
}

fn basic(selector: &aws_sdk_cloudtrail::types::EventSelector) -> Value {
    let resources = selector.data_resources().iter();
    let resources = resources.map(|resource| json!({"Type": resource.r#type(), "Values": resource.values()}));
    json!({
        "ReadWriteType": selector.read_write_type().map_or("All", |kind| kind.as_str()),
        "IncludeManagementEvents": selector.include_management_events().unwrap_or(true),
        "DataResources": resources.collect::<Vec<_>>(),
        "ExcludeManagementEventSources": selector.exclude_management_event_sources(),
    })
}

fn advanced(selector: &aws_sdk_cloudtrail::types::AdvancedEventSelector) -> Value {
    let fields = selector.field_selectors().iter().map(|field| {
        let mut object = json!({"Field": field.field()});
        let conditions = [
            ("Equals", field.equals()),
            ("StartsWith", field.starts_with()),
            ("EndsWith", field.ends_with()),
            ("NotEquals", field.not_equals()),
            ("NotStartsWith", field.not_starts_with()),
            ("NotEndsWith", field.not_ends_with()),
        ];
        for (name, values) in conditions.into_iter().filter(|(_, values)| !values.is_empty()) {
            object[name] = json!(values);
        }
        object
    });
    json!({"Name": selector.name().unwrap_or_default(), "FieldSelectors": fields.collect::<Vec<_>>()})
}
