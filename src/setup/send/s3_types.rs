//! The types of S3's API from their JSON.

use aws_sdk_s3::types::AbortIncompleteMultipartUpload;
use aws_sdk_s3::types::BucketLocationConstraint;
use aws_sdk_s3::types::BucketLoggingStatus;
use aws_sdk_s3::types::BucketVersioningStatus;
use aws_sdk_s3::types::CreateBucketConfiguration;
use aws_sdk_s3::types::Event;
use aws_sdk_s3::types::EventBridgeConfiguration;
use aws_sdk_s3::types::ExpirationStatus;
use aws_sdk_s3::types::FilterRule;
use aws_sdk_s3::types::FilterRuleName;
use aws_sdk_s3::types::LambdaFunctionConfiguration;
use aws_sdk_s3::types::LifecycleExpiration;
use aws_sdk_s3::types::LifecycleRule;
use aws_sdk_s3::types::LifecycleRuleFilter;
use aws_sdk_s3::types::LoggingEnabled;
use aws_sdk_s3::types::NoncurrentVersionExpiration;
use aws_sdk_s3::types::NotificationConfiguration;
use aws_sdk_s3::types::NotificationConfigurationFilter;
use aws_sdk_s3::types::PartitionDateSource;
use aws_sdk_s3::types::PartitionedPrefix;
use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use aws_sdk_s3::types::QueueConfiguration;
use aws_sdk_s3::types::S3KeyFilter;
use aws_sdk_s3::types::ServerSideEncryption;
use aws_sdk_s3::types::ServerSideEncryptionByDefault;
use aws_sdk_s3::types::ServerSideEncryptionConfiguration;
use aws_sdk_s3::types::ServerSideEncryptionRule;
use aws_sdk_s3::types::Tag;
use aws_sdk_s3::types::Tagging;
use aws_sdk_s3::types::TargetObjectKeyFormat;
use aws_sdk_s3::types::TopicConfiguration;
use aws_sdk_s3::types::VersioningConfiguration;
use serde_json::Value;

use crate::error::Result;
use crate::setup::send::Input;
use crate::setup::send::incomplete;
use crate::setup::send::list;

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn number(value: &Value) -> Option<i32> {
    i32::try_from(value.as_i64()?).ok()
}

/// Where a bucket is made; none for the first region.
pub(super) fn place(input: &Input) -> Option<CreateBucketConfiguration> {
    let region = text(&input.value["CreateBucketConfiguration"]["LocationConstraint"])?;
    let region = BucketLocationConstraint::from(region);
    Some(CreateBucketConfiguration::builder().location_constraint(region).build())
}

/// The tags of a bucket.
pub(super) fn tagging(input: &Input) -> Result<Tagging> {
    let mut tagging = Tagging::builder();
    for (key, value) in input.tags(&input.value["Tagging"]["TagSet"]) {
        tagging = tagging.tag_set(Tag::builder().key(key).value(value).build().map_err(incomplete)?);
    }
    tagging.build().map_err(incomplete)
}

/// The four settings against public access.
pub(super) fn block(value: &Value) -> PublicAccessBlockConfiguration {
    PublicAccessBlockConfiguration::builder()
        .set_block_public_acls(value["BlockPublicAcls"].as_bool())
        .set_ignore_public_acls(value["IgnorePublicAcls"].as_bool())
        .set_block_public_policy(value["BlockPublicPolicy"].as_bool())
        .set_restrict_public_buckets(value["RestrictPublicBuckets"].as_bool())
        .build()
}

/// The default encryption.
pub(super) fn encryption(input: &Input) -> Result<ServerSideEncryptionConfiguration> {
    let mut all = ServerSideEncryptionConfiguration::builder();
    for rule in items(&input.value["ServerSideEncryptionConfiguration"]["Rules"]) {
        let default = &rule["ApplyServerSideEncryptionByDefault"];
        let algorithm = ServerSideEncryption::from(text(&default["SSEAlgorithm"]).unwrap_or("AES256"));
        let default = ServerSideEncryptionByDefault::builder().sse_algorithm(algorithm).build();
        let default = default.map_err(incomplete)?;
        let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(default);
        all = all.rules(rule.build());
    }
    all.build().map_err(incomplete)
}

/// Whether versions are kept.
pub(super) fn versioning(input: &Input) -> VersioningConfiguration {
    let status = text(&input.value["VersioningConfiguration"]["Status"]);
    VersioningConfiguration::builder().set_status(status.map(BucketVersioningStatus::from)).build()
}

/// Where access is logged to.
pub(super) fn logging(value: &Value) -> Result<BucketLoggingStatus> {
    let Value::Object(to) = &value["LoggingEnabled"] else {
        return Ok(BucketLoggingStatus::builder().build());
    };
    let field = |name: &str| to.get(name).and_then(text).unwrap_or_default();
    let source =
        to.get("TargetObjectKeyFormat").map(|format| &format["PartitionedPrefix"]["PartitionDateSource"]);
    let source = source.and_then(text).map(PartitionDateSource::from);
    let prefix = source.map(|source| PartitionedPrefix::builder().partition_date_source(source).build());
    let format = prefix.map(|prefix| TargetObjectKeyFormat::builder().partitioned_prefix(prefix).build());
    let to = LoggingEnabled::builder()
        .target_bucket(field("TargetBucket"))
        .target_prefix(field("TargetPrefix"))
        .set_target_object_key_format(format)
        .build();
    Ok(BucketLoggingStatus::builder().logging_enabled(to.map_err(incomplete)?).build())
}

/// The lifecycle rules of setup.
pub(super) fn rules(value: &Value) -> Result<Vec<LifecycleRule>> {
    let rule = |rule: &Value| {
        let filter =
            LifecycleRuleFilter::builder().set_prefix(text(&rule["Filter"]["Prefix"]).map(str::to_owned));
        let days = number(&rule["Expiration"]["Days"]);
        let older = number(&rule["NoncurrentVersionExpiration"]["NoncurrentDays"]);
        let uploads = number(&rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]);
        LifecycleRule::builder()
            .set_id(text(&rule["ID"]).map(str::to_owned))
            .status(ExpirationStatus::Enabled)
            .filter(filter.build())
            .expiration(LifecycleExpiration::builder().set_days(days).build())
            .noncurrent_version_expiration(
                NoncurrentVersionExpiration::builder().set_noncurrent_days(older).build(),
            )
            .abort_incomplete_multipart_upload(
                AbortIncompleteMultipartUpload::builder().set_days_after_initiation(uploads).build(),
            )
            .build()
            .map_err(incomplete)
    };
    items(value).map(rule).collect()
}

/// What a bucket announces, and to whom.
pub(super) fn notifications(value: &Value) -> Result<NotificationConfiguration> {
    let mut all = NotificationConfiguration::builder();
    let id = |entry: &Value| text(&entry["Id"]).map(str::to_owned);
    let events = |entry: &Value| -> Vec<Event> {
        list(&entry["Events"]).iter().map(|event| Event::from(event.as_str())).collect()
    };
    for entry in items(&value["TopicConfigurations"]) {
        let topic = TopicConfiguration::builder().set_id(id(entry)).set_events(Some(events(entry)));
        let topic = topic.topic_arn(text(&entry["TopicArn"]).unwrap_or_default()).set_filter(filter(entry));
        all = all.topic_configurations(topic.build().map_err(incomplete)?);
    }
    for entry in items(&value["QueueConfigurations"]) {
        let queue = QueueConfiguration::builder().set_id(id(entry)).set_events(Some(events(entry)));
        let queue = queue.queue_arn(text(&entry["QueueArn"]).unwrap_or_default()).set_filter(filter(entry));
        all = all.queue_configurations(queue.build().map_err(incomplete)?);
    }
    for entry in items(&value["LambdaFunctionConfigurations"]) {
        let function =
            LambdaFunctionConfiguration::builder().set_id(id(entry)).set_events(Some(events(entry)));
        let function = function.lambda_function_arn(text(&entry["LambdaFunctionArn"]).unwrap_or_default());
        let function = function.set_filter(filter(entry)).build();
        all = all.lambda_function_configurations(function.map_err(incomplete)?);
    }
    if value["EventBridgeConfiguration"].is_object() {
        all = all.event_bridge_configuration(EventBridgeConfiguration::builder().build());
    }
    Ok(all.build())
}

fn filter(entry: &Value) -> Option<NotificationConfigurationFilter> {
    let rules = entry["Filter"]["Key"]["FilterRules"].as_array()?;
    let rules = rules.iter().map(|rule| {
        let name = text(&rule["Name"]).map(FilterRuleName::from);
        FilterRule::builder().set_name(name).set_value(text(&rule["Value"]).map(str::to_owned)).build()
    });
    let key = S3KeyFilter::builder().set_filter_rules(Some(rules.collect())).build();
    Some(NotificationConfigurationFilter::builder().key(key).build())
}
