//! Calls as data -> the SDK: one file a service.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::Error;
use crate::error::Result;
use crate::setup::Clients;
use crate::setup::plan::Call;

mod queues;
mod s3;
mod s3_types;
mod services;
mod trails;

/// Why a call failed, and whether it may succeed in a while.
#[derive(Debug)]
pub(super) struct Failed {
    /// What is said of it.
    pub(super) error: Error,
    /// Whether what was just made has not got around in AWS yet.
    pub(super) is_early: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, is_early: false }
    }
}

/// Texts of refusals that end by themselves: policies, roles and queues take seconds to get around in AWS.
const EARLY: &[(&str, &str)] = &[
    ("CreateTrail", "InsufficientS3BucketPolicyException"),
    ("CreateTrail", "InsufficientEncryptionPolicyException"),
    ("CreateTrail", "KmsKeyNotFoundException"),
    ("UpdateTrail", "InsufficientEncryptionPolicyException"),
    ("UpdateTrail", "InsufficientS3BucketPolicyException"),
    ("PutBucketNotificationConfiguration", "Unable to validate the following destination"),
    ("PutBucketLogging", "InvalidTargetBucketForLogging"),
    ("PutBucketPolicy", "OperationAborted"),
    ("CreateBucket", "OperationAborted"),
    ("CreateQueue", "QueueDeletedRecently"),
    ("PutRolePolicy", "NoSuchEntity"),
    ("CreateAlias", "NotFoundException"),
    ("EnableKeyRotation", "NotFoundException"),
];

/// Sends a call; what it answers that later calls need is noted in `answers`.
pub(super) async fn send(
    clients: &Clients,
    call: &Call,
    answers: &mut BTreeMap<String, String>,
) -> Result<(), Failed> {
    let input = Input { value: filled(&call.input, answers)?, operation: call.operation.name };
    let sent = match call.operation.service {
        "s3" => s3::send(clients, &call.region, &input).await,
        "sns" | "sqs" | "events" => queues::send(clients, &call.region, call.operation.service, &input).await,
        "cloudtrail" => trails::send(clients, &call.region, &input).await,
        _ => services::send(clients, &call.region, call.operation.service, &input, answers).await,
    };
    sent.map_err(|error| {
        let text = error.to_string();
        let is_early = EARLY.iter().any(|(name, sign)| *name == call.operation.name && text.contains(sign));
        Failed { error, is_early }
    })
}

/// The input of a call.
#[derive(Debug)]
struct Input {
    value: Value,
    operation: &'static str,
}

impl Input {
    /// A text of the input.
    fn text(&self, name: &str) -> Result<&str> {
        self.value[name].as_str().ok_or_else(|| self.wrong(name))
    }

    /// Says that a plan is not what the API takes.
    fn wrong(&self, name: &str) -> Error {
        Error::internal(format!("the plan of {} has no {name}", self.operation))
    }

    /// Says that nobody knows how to send it.
    fn unknown(&self) -> Error {
        Error::internal(format!("nothing sends {}", self.operation))
    }

    /// The texts of an object of the input.
    fn texts(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.value[name].as_object().into_iter().flatten();
        fields.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
    }

    /// The keys and values of a list of tags.
    fn tags(&self, list: &Value) -> Vec<(String, String)> {
        let text = |tag: &Value, name: &str| tag[name].as_str().map(str::to_owned);
        let tags = list.as_array().into_iter().flatten();
        tags.filter_map(|tag| {
            let key = text(tag, "Key").or_else(|| text(tag, "TagKey"))?;
            Some((key, text(tag, "Value").or_else(|| text(tag, "TagValue"))?))
        })
        .collect()
    }
}

/// The input, with what earlier calls have answered in its place.
fn filled(input: &Value, answers: &BTreeMap<String, String>) -> Result<Value> {
    Ok(match input {
        Value::String(text) => match text.strip_prefix("${").and_then(|text| text.strip_suffix('}')) {
            None => input.clone(),
            Some(name) => {
                let answer = answers.get(name);
                let answer = answer.ok_or_else(|| Error::internal(format!("no call has answered {name}")))?;
                Value::String(answer.clone())
            }
        },
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| Ok((name.clone(), filled(value, answers)?)))
                .collect::<Result<_>>()?,
        ),
        Value::Array(all) => {
            Value::Array(all.iter().map(|value| filled(value, answers)).collect::<Result<_>>()?)
        }
        other => other.clone(),
    })
}

/// The texts of a list.
fn list(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// A part of an input that a builder found incomplete.
fn incomplete(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::internal("a part of the plan is incomplete").caused_by(error)
}
