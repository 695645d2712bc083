//! What is called: one function per kind of call, with the request and the answer AWS records for it.

pub(super) mod access;
pub(super) mod compute;
pub(super) mod storage;
pub(super) mod watch;

use crate::incident::identity::Actor;
use serde_json::Value;
use serde_json::json;

/// One call: the half of a record that does not depend on the caller.
#[derive(Clone)]
pub(super) struct Call {
    /// The service without `.amazonaws.com`.
    pub(super) service: &'static str,
    pub(super) name: &'static str,
    pub(super) read_only: bool,
    pub(super) event_type: &'static str,
    pub(super) category: &'static str,
    pub(super) request: Value,
    pub(super) response: Value,
    /// The host that was asked, where it is not the service's own.
    pub(super) host: Option<String>,
    /// Further fields of the record.
    pub(super) more: Vec<(&'static str, Value)>,
}

impl Call {
    /// A call that changes nothing.
    pub(super) fn read(service: &'static str, name: &'static str, request: Value) -> Self {
        Self {
            service,
            name,
            read_only: true,
            event_type: "AwsApiCall",
            category: "Management",
            request,
            response: Value::Null,
            host: None,
            more: Vec::new(),
        }
    }

    /// A call that changes something.
    pub(super) fn change(service: &'static str, name: &'static str, request: Value) -> Self {
        Self { read_only: false, ..Self::read(service, name, request) }
    }

    /// The answer, which CloudTrail keeps for changes only.
    pub(super) fn answered(mut self, response: Value) -> Self {
        self.response = response;
        self
    }

    /// One more field of the record.
    pub(super) fn with(mut self, field: &'static str, value: Value) -> Self {
        self.more.push((field, value));
        self
    }

    /// Marks a call on the data itself, which trails record only where they are told to.
    pub(super) fn on_data(mut self) -> Self {
        self.category = "Data";
        self
    }

    /// The same call, refused or failed.
    pub(super) fn failed(mut self, code: &str, message: &str) -> Self {
        self.response = Value::Null;
        self.with("errorCode", json!(code)).with("errorMessage", json!(message))
    }

    /// The same call, refused because no policy allows it. EC2 has a wording of its own.
    pub(super) fn denied(self, actor: &Actor, resource: &str) -> Self {
        let action = format!("{}:{}", self.service, self.name);
        let why = format!(
            "User: {} is not authorized to perform: {action} on resource: {resource} because no \
             identity-based policy allows the {action} action",
            actor.arn()
        );
        if self.service == "ec2" {
            let message = format!("You are not authorized to perform this operation. {why}");
            return self.failed("Client.UnauthorizedOperation", &message);
        }
        self.failed("AccessDenied", &why)
    }
}

/// The list in which EC2 wraps everything there may be many of.
fn items(list: impl IntoIterator<Item = Value>) -> Value {
    json!({ "items": list.into_iter().collect::<Vec<_>>() })
}

/// One entry of `resources`.
fn resource(account: &str, kind: &str, arn: &str) -> Value {
    json!({ "accountId": account, "type": kind, "ARN": arn })
}
