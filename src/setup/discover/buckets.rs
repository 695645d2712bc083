//! Buckets: their policies, settings and notifications.

use std::collections::BTreeSet;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::Event;
use aws_sdk_s3::types::NotificationConfigurationFilter;
use serde_json::Value;
use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::discover::Purpose;
use crate::setup::discover::Reader;
use crate::setup::discover::document;
use crate::setup::facts::Bucket;

const GONE: &[&str] = &["NoSuchBucket", "404", "NotFound"];

impl Reader<'_> {
    /// The buckets that matter for the purpose.
    pub(super) async fn buckets_of(&mut self, facts: &mut Facts, purpose: Purpose) -> Result<()> {
        let site = &facts.site;
        let mut names: BTreeSet<String> = site.wanted.access_logs.iter().cloned().collect();
        names.insert(site.bucket.clone());
        if purpose == Purpose::Doctor {
            let own = facts.trails.iter().filter(|trail| trail.account() == site.caller.account);
            names.extend(own.map(|trail| trail.bucket.clone()));
            self.access_logging(facts).await?;
            let targets = facts.access_logging.values().flatten();
            let targets: Vec<String> = targets.map(|(bucket, _)| bucket.clone()).collect();
            names.extend(targets);
        }
        if purpose == Purpose::Undo {
            // Nobody need say again whose access setup has turned the logging on of.
            self.access_logging(facts).await?;
            let to_logs =
                |to: &Option<(String, String)>| to.as_ref().is_some_and(|(to, _)| *to == facts.site.bucket);
            let sources = facts.access_logging.iter().filter(|(_, to)| to_logs(to));
            names.extend(sources.map(|(name, _)| name.clone()).collect::<Vec<_>>());
        }
        for name in names {
            if let Some(bucket) = self.bucket(&name, purpose).await? {
                facts.buckets.insert(name, bucket);
            }
        }
        Ok(())
    }

    /// Where the access of every bucket of the account is logged to.
    async fn access_logging(&mut self, facts: &mut Facts) -> Result<()> {
        let s3 = self.clients.s3(&self.region);
        let mut pages = s3.list_buckets().into_paginator().page_size(1_000).send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let Some(page) = self.seen("ListBuckets", "all buckets", &[], page)? else { return Ok(()) };
            names.extend(page.buckets().iter().filter_map(|bucket| bucket.name().map(str::to_owned)));
        }
        for name in names {
            let Some(region) = self.bucket_region(&name).await? else { continue };
            let s3 = self.clients.s3(&region);
            let logging = s3.get_bucket_logging().bucket(&name).send().await;
            if let Some(logging) = self.seen("GetBucketLogging", &name, GONE, logging)? {
                let target = logging.logging_enabled();
                let target = target.map(|to| (to.target_bucket().to_owned(), to.target_prefix().to_owned()));
                facts.access_logging.insert(name, target);
            }
        }
        Ok(())
    }

    async fn bucket_region(&mut self, name: &str) -> Result<Option<String>> {
        let s3 = self.clients.s3(&self.region);
        let location = s3.get_bucket_location().bucket(name).send().await;
        let Some(location) = self.seen("GetBucketLocation", name, GONE, location)? else { return Ok(None) };
        let region = location.location_constraint().map(|region| region.as_str()).unwrap_or_default();
        // The first region has no name here, and the second an old one.
        Ok(Some(match region {
            "" => "us-east-1".to_owned(),
            "EU" => "eu-west-1".to_owned(),
            region => region.to_owned(),
        }))
    }

    async fn bucket(&mut self, name: &str, purpose: Purpose) -> Result<Option<Bucket>> {
        let Some(region) = self.bucket_region(name).await? else { return Ok(None) };
        let s3 = self.clients.s3(&region);
        let mut bucket = Bucket { name: name.to_owned(), region, ..Bucket::default() };
        self.protection(&s3, &mut bucket).await?;
        self.delivery(&s3, &mut bucket).await?;
        if purpose == Purpose::Undo {
            let objects = s3.list_object_versions().bucket(name).max_keys(1).send().await;
            let objects = self.seen("ListObjectVersions", name, GONE, objects)?;
            bucket.empty =
                objects.is_some_and(|found| found.versions().is_empty() && found.delete_markers().is_empty());
        }
        Ok(Some(bucket))
    }

    /// Who may get at it, and how it is kept.
    async fn protection(&mut self, s3: &Client, bucket: &mut Bucket) -> Result<()> {
        let name = bucket.name.as_str();
        let none = ["NoSuchBucketPolicy"];
        let policy = s3.get_bucket_policy().bucket(name).send().await;
        let policy = self.seen("GetBucketPolicy", name, &none, policy)?.and_then(|answer| answer.policy);
        bucket.policy = policy.map(|policy| document(name, &policy)).transpose()?;
        if bucket.policy.is_some() {
            let status = s3.get_bucket_policy_status().bucket(name).send().await;
            let status = self.seen("GetBucketPolicyStatus", name, &none, status)?;
            bucket.public = status.and_then(|answer| answer.policy_status?.is_public).unwrap_or_default();
        }
        let block = s3.get_public_access_block().bucket(name).send().await;
        let block =
            self.seen("GetPublicAccessBlock", name, &["NoSuchPublicAccessBlockConfiguration"], block)?;
        bucket.block = block.and_then(|answer| answer.public_access_block_configuration).map(|block| {
            json!({
                "BlockPublicAcls": block.block_public_acls().unwrap_or_default(),
                "IgnorePublicAcls": block.ignore_public_acls().unwrap_or_default(),
                "BlockPublicPolicy": block.block_public_policy().unwrap_or_default(),
                "RestrictPublicBuckets": block.restrict_public_buckets().unwrap_or_default(),
            })
        });
        let none = ["ServerSideEncryptionConfigurationNotFoundError"];
        let encryption = s3.get_bucket_encryption().bucket(name).send().await;
        let encryption = self.seen("GetBucketEncryption", name, &none, encryption)?;
        let rules = encryption.and_then(|answer| answer.server_side_encryption_configuration);
        bucket.encryption = rules.and_then(|rules| {
            let default = rules.rules().first()?.apply_server_side_encryption_by_default()?;
            let (algorithm, key) = (default.sse_algorithm().as_str(), default.kms_master_key_id());
            Some(json!({"SSEAlgorithm": algorithm, "KMSMasterKeyID": key}))
        });
        let versioning = s3.get_bucket_versioning().bucket(name).send().await;
        let versioning = self.seen("GetBucketVersioning", name, &[], versioning)?;
        bucket.versioning = versioning.and_then(|answer| Some(answer.status?.as_str().to_owned()));
        Ok(())
    }

    /// What becomes of what lies in it.
    async fn delivery(&mut self, s3: &Client, bucket: &mut Bucket) -> Result<()> {
        let name = bucket.name.as_str();
        let rules = s3.get_bucket_lifecycle_configuration().bucket(name).send().await;
        let none = ["NoSuchLifecycleConfiguration"];
        let rules = self.seen("GetBucketLifecycleConfiguration", name, &none, rules)?;
        bucket.lifecycle = rules.and_then(|answer| answer.rules).unwrap_or_default();
        let told = s3.get_bucket_notification_configuration().bucket(name).send().await;
        if let Some(told) = self.seen("GetBucketNotificationConfiguration", name, &[], told)? {
            bucket.notifications = notifications(&told);
        }
        let tags = s3.get_bucket_tagging().bucket(name).send().await;
        let tags = self.seen("GetBucketTagging", name, &["NoSuchTagSet", "NoSuchTagSetError"], tags)?;
        let tags = tags.map(|answer| answer.tag_set).unwrap_or_default();
        bucket.tags = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        let logging = s3.get_bucket_logging().bucket(name).send().await;
        let logging = self.seen("GetBucketLogging", name, &[], logging)?;
        bucket.logging =
            logging.and_then(|answer| answer.logging_enabled).map(|to| (to.target_bucket, to.target_prefix));
        Ok(())
    }
}

/// The notifications in the shape of the API, with nothing left out.
fn notifications(
    told: &aws_sdk_s3::operation::get_bucket_notification_configuration::GetBucketNotificationConfigurationOutput,
) -> Value {
    let entry = |arn: (&str, &str),
                 id: Option<&str>,
                 told: &[Event],
                 filter: Option<&NotificationConfigurationFilter>| {
        let names: Vec<&str> = told.iter().map(Event::as_str).collect();
        let mut entry = json!({"Id": id.unwrap_or_default(), arn.0: arn.1, "Events": names});
        if let Some(key) = filter.and_then(NotificationConfigurationFilter::key) {
            let rules = key.filter_rules().iter().map(|rule| {
                let name = rule.name().map_or("", |name| name.as_str()).to_lowercase();
                json!({"Name": name, "Value": rule.value().unwrap_or_default()})
            });
            entry["Filter"] = json!({"Key": {"FilterRules": rules.collect::<Vec<_>>()}});
        }
        entry
    };
    let topics = told.topic_configurations().iter();
    let topics = topics.map(|it| entry(("TopicArn", it.topic_arn()), it.id(), it.events(), it.filter()));
    let queues = told.queue_configurations().iter();
    let queues = queues.map(|it| entry(("QueueArn", it.queue_arn()), it.id(), it.events(), it.filter()));
    let functions = told.lambda_function_configurations().iter();
    let functions = functions
        .map(|it| entry(("LambdaFunctionArn", it.lambda_function_arn()), it.id(), it.events(), it.filter()));
    let lists: [(&str, Vec<Value>); 3] = [
        ("TopicConfigurations", topics.collect()),
        ("QueueConfigurations", queues.collect()),
        ("LambdaFunctionConfigurations", functions.collect()),
    ];
    let mut all = json!({});
    for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        all[name] = json!(list);
    }
    if told.event_bridge_configuration().is_some() {
        all["EventBridgeConfiguration"] = json!({});
    }
    all
}
