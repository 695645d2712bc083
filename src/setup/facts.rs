//! What is there in an account, as far as it was asked and could be read.

use std::collections::BTreeMap;

use aws_sdk_s3::types::LifecycleRule;
use chrono::DateTime;
use chrono::Utc;
use serde_json::Value;

use crate::setup::site::Site;
use crate::setup::site::TAG;

/// Tags by their name.
pub type Tags = BTreeMap<String, String>;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Twelve digits.
    pub account: String,
    /// The ARN of the user or session.
    pub arn: String,
    /// `aws`, `aws-cn`, `aws-us-gov` ...
    pub partition: String,
    /// The region of the settings.
    pub region: String,
}

/// The organisation that the account is in.
#[derive(Clone, Debug, Default)]
pub struct Organisation {
    /// Such as `o-abc123`.
    pub id: String,
    /// The account that pays and may make a trail for all.
    pub management_account: String,
    /// Whether CloudTrail may act in all accounts; unknown in any other account than the management one.
    pub trusts_cloudtrail: bool,
}

/// A trail.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Where it is changed.
    pub home_region: String,
    /// The bucket it delivers to.
    pub bucket: String,
    /// The folder in it.
    pub prefix: Option<String>,
    /// The key that encrypts, if there is one.
    pub key: Option<String>,
    /// Whether it logs all regions.
    pub multi_region: bool,
    /// Whether it writes digests.
    pub validation: bool,
    /// Whether it logs the organisation.
    pub organisation: bool,
    /// Whether it logs services that are in no region, such as IAM.
    pub global_events: bool,
    /// Whether it logs now.
    pub logging: bool,
    /// When it last delivered.
    pub last_delivery: Option<DateTime<Utc>>,
    /// When it was started.
    pub started: Option<DateTime<Utc>>,
    /// Why it could not deliver.
    pub delivery_error: Option<String>,
    /// Why it could not deliver a digest.
    pub digest_error: Option<String>,
    /// Its selectors in their older form.
    pub selectors: Vec<Value>,
    /// Its selectors in their newer form.
    pub advanced: Vec<Value>,
    /// Its tags.
    pub tags: Tags,
}

impl Trail {
    /// The account it belongs to.
    pub fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }
}

/// A bucket.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// Its policy.
    pub policy: Option<Value>,
    /// Whether S3 calls its policy public.
    pub public: bool,
    /// Its four settings against public access.
    pub block: Option<Value>,
    /// Its default encryption.
    pub encryption: Option<Value>,
    /// `Enabled`, `Suspended`, or none if it was never on.
    pub versioning: Option<String>,
    /// Its lifecycle rules.
    pub lifecycle: Vec<LifecycleRule>,
    /// What it announces, and to whom.
    pub notifications: Value,
    /// Its tags.
    pub tags: Tags,
    /// The bucket and prefix its access is logged to.
    pub logging: Option<(String, String)>,
    /// Whether no object, nor an old version of one, lies in it.
    pub empty: bool,
}

/// A topic.
#[derive(Clone, Debug, Default)]
pub struct Topic {
    /// Its policy.
    pub policy: Option<Value>,
    /// Its subscriptions: where they go, and their ARNs.
    pub subscriptions: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
}

/// A queue.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    /// Its URL.
    pub url: String,
    /// Its ARN.
    pub arn: String,
    /// All attributes.
    pub attributes: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
}

impl Queue {
    /// An attribute that is a number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.attributes.get(name)?.parse().ok()
    }

    /// An attribute that is a document.
    pub fn document(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.attributes.get(name)?).ok()
    }
}

/// A rule of EventBridge.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// What it takes.
    pub pattern: Option<Value>,
    /// Whether it is on.
    pub enabled: bool,
    /// Where it sends what it takes: identifiers and ARNs.
    pub targets: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
}

/// The role that reads.
#[derive(Clone, Debug, Default)]
pub struct Role {
    /// Who may take it.
    pub trust: Option<Value>,
    /// What setup lets it do.
    pub policy: Option<Value>,
    /// Its tags.
    pub tags: Tags,
}

/// A key.
#[derive(Clone, Debug, Default)]
pub struct Key {
    /// Its identifier.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its state, such as `Enabled`.
    pub state: String,
    /// Whether an alias names it; a key without one is left of a run that ended too early.
    pub named: bool,
    /// Whether its material is renewed; none if that could not be read.
    pub rotates: Option<bool>,
    /// Its policy.
    pub policy: Option<Value>,
    /// Its tags.
    pub tags: Tags,
}

/// Something that could not be read because the caller may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// The operation.
    pub operation: &'static str,
    /// What it was about.
    pub about: String,
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Names and what is wanted.
    pub site: Site,
    /// The organisation, if the account is in one.
    pub organisation: Option<Organisation>,
    /// Every trail that logs the region, those of other regions and of the organisation too.
    pub trails: Vec<Trail>,
    /// The buckets that were looked at, by name; one that is not there is not in it.
    pub buckets: BTreeMap<String, Bucket>,
    /// Every bucket of the account, with the bucket and prefix its access is logged to; for an audit and for undoing.
    pub access_logging: BTreeMap<String, Option<(String, String)>>,
    /// The topic of setup.
    pub topic: Option<Topic>,
    /// The queue.
    pub queue: Option<Queue>,
    /// The queue for what cannot be read.
    pub dead_letters: Option<Queue>,
    /// The rule of setup.
    pub rule: Option<Rule>,
    /// The role of setup.
    pub role: Option<Role>,
    /// The key with the wanted alias.
    pub key: Option<Key>,
    /// The keys of trails, by what the trail says; none for one that is not there.
    pub trail_keys: BTreeMap<String, Option<Key>>,
    /// What could not be read.
    pub denied: Vec<Denied>,
    /// How far this machine's clock is ahead of that of AWS, in seconds.
    pub clock_ahead: Option<i64>,
}

impl Facts {
    /// The bucket for the logs, if it is there.
    pub fn bucket(&self) -> Option<&Bucket> {
        self.buckets.get(&self.site.bucket)
    }

    /// The trail that was chosen, if it is there.
    pub fn trail(&self) -> Option<&Trail> {
        self.trails.iter().find(|trail| trail.arn == self.site.trail_arn())
    }

    /// Tells whether setup made what has these tags.
    pub fn is_ours(&self, tags: &Tags) -> bool {
        tags.get(TAG).is_some_and(|name| *name == self.site.wanted.name)
    }

    /// Tells whether setup made the bucket: it has the tag, or the name that setup gives.
    pub fn bucket_is_ours(&self) -> bool {
        let named = self.site.bucket == self.site.default_bucket();
        self.bucket().is_none_or(|bucket| named || self.is_ours(&bucket.tags))
    }

    /// Tells whether something could be read, so that its absence is known.
    pub fn saw(&self, operation: &str, about: &str) -> bool {
        !self.denied.iter().any(|denied| denied.operation == operation && denied.about == about)
    }
}
