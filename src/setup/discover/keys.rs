//! Keys that encrypt logs.

use aws_sdk_kms::types::KeyMetadata;

use crate::error::Result;
use crate::setup::discover::Reader;
use crate::setup::discover::document;
use crate::setup::facts::Key;
use crate::setup::site::TAG;

const NONE: &[&str] = &["NotFoundException", "NotFound"];

impl Reader<'_> {
    /// The key of that alias, identifier or ARN.
    pub(super) async fn key(&mut self, name: &str, region: &str) -> Result<Option<Key>> {
        let kms = self.clients.kms(region);
        let found = kms.describe_key().key_id(name).send().await;
        let found = self.seen("DescribeKey", name, NONE, found)?.and_then(|answer| answer.key_metadata);
        let Some(found) = found else { return Ok(None) };
        let mut key = self.complete_key(&found, region).await?;
        key.named = true;
        Ok(Some(key))
    }

    async fn complete_key(&mut self, found: &KeyMetadata, region: &str) -> Result<Key> {
        let kms = self.clients.kms(region);
        let mut key = Key {
            id: found.key_id().to_owned(),
            arn: found.arn().unwrap_or_default().to_owned(),
            state: found.key_state().map_or("Enabled", |state| state.as_str()).to_owned(),
            ..Key::default()
        };
        let policy = kms.get_key_policy().key_id(&key.id).policy_name("default").send().await;
        let policy = self.seen("GetKeyPolicy", &key.arn, NONE, policy)?.and_then(|answer| answer.policy);
        key.policy = policy.map(|policy| document(&key.arn, &policy)).transpose()?;
        let rotation = kms.get_key_rotation_status().key_id(&key.id).send().await;
        let rotation =
            self.seen("GetKeyRotationStatus", &key.arn, &["UnsupportedOperationException"], rotation)?;
        key.rotates = rotation.map(|answer| answer.key_rotation_enabled);
        Ok(key)
    }

    /// A key that setup made in a run that ended before it got its alias.
    pub(super) async fn unnamed_key(&mut self, name: &str, region: &str) -> Result<Option<Key>> {
        let kms = self.clients.kms(region);
        let mut pages = kms.list_keys().into_paginator().items().send();
        let mut ids = Vec::new();
        while let Some(entry) = pages.next().await {
            let Some(entry) = self.seen("ListKeys", "all keys", &[], entry)? else { return Ok(None) };
            ids.extend(entry.key_id);
        }
        for id in ids {
            let tags = kms.list_resource_tags().key_id(&id).send().await;
            // Keys that AWS manages tell their tags to nobody, and are none of setup's.
            let Ok(tags) = tags else { continue };
            if !tags.tags().iter().any(|tag| tag.tag_key() == TAG && tag.tag_value() == name) {
                continue;
            }
            let found = kms.describe_key().key_id(&id).send().await;
            let found = self.seen("DescribeKey", &id, NONE, found)?.and_then(|answer| answer.key_metadata);
            if let Some(found) = found.filter(|found| found.enabled()) {
                return self.complete_key(&found, region).await.map(Some);
            }
        }
        Ok(None)
    }
}
