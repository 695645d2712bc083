//! The steps of setup: one file each, and one list in the order they are done.

use serde_json::Value;
use serde_json::json;

use crate::error::Result;
use crate::setup::Facts;
use crate::setup::plan::Step;
use crate::setup::site::TAG;

mod access_logs;
mod bucket;
mod bucket_policy;
mod dead_letters;
mod encryption;
mod key;
mod lifecycle;
mod logging;
mod notification;
mod public_access;
mod queue;
mod role;
mod rule;
mod selectors;
mod subscription;
mod topic;
mod trail;
mod trusted_access;
mod versioning;

pub(super) use notification::announcing;
pub(super) use selectors::logs_management;

/// A kind of step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// What is to be done about it.
    pub(super) plan: fn(&Facts) -> Result<Vec<Step>>,
    /// What is to be done to take it back; only what setup made, never data.
    pub(super) undo: fn(&Facts) -> Result<Vec<Step>>,
}

/// All kinds, in the order they are done; they are undone the other way round.
pub(super) const PARTS: &[Part] = &[
    trusted_access::PART,
    key::PART,
    bucket::PART,
    public_access::PART,
    encryption::PART,
    versioning::PART,
    bucket_policy::PART,
    lifecycle::PART,
    dead_letters::PART,
    queue::PART,
    topic::PART,
    subscription::PART,
    rule::PART,
    notification::PART,
    access_logs::PART,
    trail::PART,
    selectors::PART,
    logging::PART,
    role::PART,
];

/// There is nothing to take back.
fn nothing(_: &Facts) -> Result<Vec<Step>> {
    Ok(Vec::new())
}

/// The tag as a list of keys and values.
fn tags(facts: &Facts) -> Value {
    json!([{"Key": TAG, "Value": facts.site.wanted.name}])
}

/// The statement that lets nobody in who comes without TLS.
fn tls_only(action: &str, resources: Value) -> Value {
    json!({
        "Sid": "TrailqlTlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resources,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    })
}

/// The statement that lets a service do something for one resource of this account.
fn service(facts: &Facts, sid: &str, service: &str, action: &str, on: &str, source: &str) -> Value {
    json!({
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": action,
        "Resource": on,
        "Condition": {
            "ArnEquals": {"aws:SourceArn": source},
            "StringEquals": {"aws:SourceAccount": facts.site.caller.account},
        },
    })
}
