//! Writes a plan for people: each step, its calls, and the difference it makes.

use std::fmt::Write as _;

use serde_json::Value;

use crate::setup::Facts;
use crate::setup::Plan;
use crate::setup::difference::difference;
use crate::setup::plan::Step;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The steps, and the documents they change.
    Documents,
    /// The calls too, with their whole input.
    Calls,
}

/// The plan as text.
pub fn text(plan: &Plan, facts: &Facts, detail: Detail) -> String {
    let site = &facts.site;
    let mut text = format!(
        "Account {} ({}), region {}, as {}\n\n",
        site.caller.account, site.caller.partition, site.region, site.caller.arn
    );
    for step in &plan.steps {
        text.push_str(&one(step, detail));
    }
    let open = plan.steps.iter().filter(|step| !step.is_done()).count();
    let calls: usize = plan.steps.iter().map(|step| step.calls.len()).sum();
    // Writing to a String cannot fail.
    let _ = match open {
        0 => writeln!(text, "\nNothing to do: everything is as it should be."),
        _ => writeln!(text, "\n{open} of {} steps to do, {calls} calls.", plan.steps.len()),
    };
    text
}

fn one(step: &Step, detail: Detail) -> String {
    let sign = match (step.is_done(), step.merges) {
        (true, _) => '=',
        (false, true) => '~',
        (false, false) => '+',
    };
    let mut text = format!("{sign} {:<14} {}\n{:17}{}\n", step.name, step.on, "", step.what);
    if let Some(note) = &step.note {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:17}note: {note}", "");
    }
    if step.is_done() {
        return text;
    }
    for call in &step.calls {
        let _ =
            writeln!(text, "{:17}{} {} in {}", "", call.operation.service, call.operation.name, call.region);
        if detail == Detail::Calls {
            for line in format!("{:#}", unfolded(&call.input)).lines() {
                let _ = writeln!(text, "{:19}{line}", "");
            }
        }
    }
    if detail == Detail::Documents && !(step.before.is_null() && step.after.is_null()) {
        for line in difference(&step.before, &step.after) {
            let _ = writeln!(text, "{:17}{line}", "");
        }
    }
    text
}

/// The documents within the input of a call as JSON, not as text that holds JSON.
fn unfolded(input: &Value) -> Value {
    match input {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), unfolded(value))).collect(),
        Value::Array(all) => all.iter().map(unfolded).collect(),
        Value::String(text) if text.starts_with('{') => {
            serde_json::from_str(text).unwrap_or_else(|_| input.clone())
        }
        other => other.clone(),
    }
}
