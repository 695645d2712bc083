//! The plan: steps, each with its calls as data.

use serde_json::Value;
use serde_json::json;

use crate::error::Error;
use crate::error::Result;
use crate::setup::Facts;
use crate::setup::calls::Operation;
use crate::setup::calls::operation;
use crate::setup::steps::PARTS;

/// One call of an API.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is called.
    pub operation: &'static Operation,
    /// The region it is sent to.
    pub region: String,
    /// Its input in the shape of the API, as `--cli-input-json` of the AWS command line takes it. A text of the form
    /// `${Operation.Field}` stands for what an earlier call answers.
    pub input: Value,
}

/// One thing that is to be so, and what makes it so.
#[derive(Clone, Debug)]
pub struct Step {
    /// What kind of step it is, in one word.
    pub name: &'static str,
    /// What it is about: a name or an ARN.
    pub on: String,
    /// What it does and why, in a sentence.
    pub what: String,
    /// What there is to call; nothing if it is so already.
    pub calls: Vec<Call>,
    /// The document before; null if there is none.
    pub before: Value,
    /// The document after; null if there is none.
    pub after: Value,
    /// Whether it changes something that was there before setup.
    pub merges: bool,
    /// What the reader should know besides.
    pub note: Option<String>,
}

impl Step {
    /// A step that has nothing to do yet.
    pub(super) fn new(name: &'static str, on: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            name,
            on: on.into(),
            what: what.into(),
            calls: Vec::new(),
            before: Value::Null,
            after: Value::Null,
            merges: false,
            note: None,
        }
    }

    /// Adds a call.
    pub(super) fn call(mut self, service: &str, name: &str, region: &str, input: Value) -> Result<Self> {
        let operation = operation(service, name)
            .ok_or_else(|| Error::internal(format!("{service} {name} is not in the list of operations")))?;
        self.calls.push(Call { operation, region: region.to_owned(), input });
        Ok(self)
    }

    /// Says how a document changes that was there.
    pub(super) fn merging(mut self, before: Option<&Value>, after: &Value) -> Self {
        self.before = before.cloned().unwrap_or_default();
        self.after = after.clone();
        self.merges = true;
        self
    }

    /// Says what is new.
    pub(super) fn making(mut self, after: &Value) -> Self {
        self.after = after.clone();
        self
    }

    /// Says something besides.
    pub(super) fn noting(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Tells whether there is anything to do.
    pub fn is_done(&self) -> bool {
        self.calls.is_empty()
    }
}

/// All steps, in the order they are done.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The steps, those that have nothing to do too.
    pub steps: Vec<Step>,
}

impl Plan {
    /// What setup does with an account.
    ///
    /// # Errors
    /// It is not possible in this account as it is.
    pub fn of(facts: &Facts) -> Result<Self> {
        possible(facts)?;
        let mut steps = Vec::new();
        for part in PARTS {
            steps.extend((part.plan)(facts)?);
        }
        Ok(Self { steps })
    }

    /// What takes back what setup has made.
    ///
    /// # Errors
    /// A bug.
    pub fn undoing(facts: &Facts) -> Result<Self> {
        let mut steps = Vec::new();
        for part in PARTS.iter().rev() {
            steps.extend((part.undo)(facts)?);
        }
        Ok(Self { steps })
    }

    /// Tells whether there is nothing to do.
    pub fn is_done(&self) -> bool {
        self.steps.iter().all(Step::is_done)
    }

    /// The plan as JSON.
    pub fn json(&self) -> Value {
        let call = |call: &Call| {
            json!({
                "service": call.operation.service,
                "operation": call.operation.name,
                "region": call.region,
                "permissions": call.operation.actions,
                "input": call.input,
            })
        };
        let steps = self.steps.iter().map(|step| {
            json!({
                "step": step.name,
                "on": step.on,
                "what": step.what,
                "done": step.is_done(),
                "note": step.note,
                "calls": step.calls.iter().map(call).collect::<Vec<_>>(),
                "before": step.before,
                "after": step.after,
            })
        });
        json!({"steps": steps.collect::<Vec<_>>()})
    }
}

fn possible(facts: &Facts) -> Result<()> {
    let site = &facts.site;
    if site.wanted.organisation && facts.organisation.is_none() {
        return Err(Error::user(format!("the account {} is in no organisation", site.caller.account))
            .hinted("leave --org out, or use credentials of the account that manages the organisation"));
    }
    let queue_wanted = site.wanted.announce.is_some();
    if let Some(queue) = facts.queue.as_ref().filter(|queue| queue_wanted && queue.arn != site.queue_arn()) {
        return Err(Error::user(format!("the queue {} is not {}", queue.arn, site.queue_arn())));
    }
    for name in &site.wanted.access_logs {
        let Some(bucket) = facts.buckets.get(name) else {
            return Err(Error::user(format!("the bucket {name} of --s3-access-logs is not there")));
        };
        // S3 delivers them within a region only.
        if bucket.region != site.region {
            return Err(Error::user(format!(
                "the bucket {name} is in {}, and its access logs can only go to a bucket there, not to {} in {}",
                bucket.region, site.bucket, site.region
            ))
            .hinted("run setup once more for that region, with --region and a --name of its own"));
        }
        if *name == site.bucket {
            return Err(Error::user(format!(
                "the access of {name} would be logged to {name} itself, which logs its own deliveries without end"
            ))
            .hinted("name another --bucket for the logs"));
        }
    }
    Ok(())
}
