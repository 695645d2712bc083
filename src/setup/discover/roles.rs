//! The role that reads.

use serde_json::Value;

use crate::error::Result;
use crate::setup::discover::Reader;
use crate::setup::discover::document;
use crate::setup::facts::Role;

const NONE: &[&str] = &["NoSuchEntity", "NoSuchEntityException"];

impl Reader<'_> {
    pub(super) async fn role(&mut self, name: &str, policy: &str) -> Result<Option<Role>> {
        let iam = self.clients.iam(&self.region);
        let found = iam.get_role().role_name(name).send().await;
        let found = self.seen("GetRole", name, NONE, found)?.and_then(|answer| answer.role);
        let Some(found) = found else { return Ok(None) };
        let trust = found.assume_role_policy_document().map(|text| escaped(name, text)).transpose()?;
        let tags = found.tags.unwrap_or_default();
        let tags = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        let inline = iam.get_role_policy().role_name(name).policy_name(policy).send().await;
        let inline = self.seen("GetRolePolicy", name, NONE, inline)?;
        let inline = inline.map(|answer| escaped(name, answer.policy_document())).transpose()?;
        Ok(Some(Role { trust, policy: inline, tags }))
    }
}

/// IAM writes documents as in a URL.
fn escaped(what: &str, text: &str) -> Result<Value> {
    let plain = url::form_urlencoded::parse(format!("it={}", text.replace('+', "%2B")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned());
    document(what, plain.as_deref().unwrap_or(text))
}
