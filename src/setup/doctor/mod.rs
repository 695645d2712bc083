//! Audits an account against what an investigation needs: facts -> findings. It asks nothing by itself.

use std::fmt::Write as _;

use chrono::DateTime;
use chrono::NaiveDate;
use chrono::Utc;
use clap::ValueEnum;
use serde_json::Value;
use serde_json::json;

use crate::setup::Facts;

mod access_logs;
mod buckets;
mod grants;
mod identity;
mod keys;
mod lake;
mod queues;
mod trails;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Severity {
    /// An investigation would miss comfort.
    Low,
    /// An investigation would miss something.
    Medium,
    /// An investigation would be blind, or its evidence open to doubt.
    High,
}

/// Something that is not as it should be.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its kind, in a word or two with hyphens.
    pub check: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub on: String,
    /// What was found.
    pub what: String,
    /// Why it matters.
    pub why: &'static str,
    /// What mends it: a command, or a step of setup.
    pub mend: String,
}

/// The days of a lake.
#[derive(Clone, Debug)]
pub struct Lake {
    /// Where it is.
    pub url: String,
    /// The days that have events, in order.
    pub days: Vec<NaiveDate>,
}

/// What is audited.
#[derive(Debug)]
pub struct Audit<'a> {
    /// What is there.
    pub facts: &'a Facts,
    /// How many days logs must be kept.
    pub retention: i32,
    /// The queue that is followed.
    pub queue: Option<String>,
    /// The lake, if there is one.
    pub lake: Option<Lake>,
    /// The time now.
    pub now: DateTime<Utc>,
}

/// The checks, by subject.
const CHECKS: &[fn(&Audit<'_>) -> Vec<Finding>] = &[
    identity::check,
    trails::check,
    keys::check,
    buckets::check,
    access_logs::check,
    queues::check,
    lake::check,
];

/// All that is not as it should be, the worst first.
pub fn findings(audit: &Audit<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(audit)).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// The findings for people.
pub fn text(findings: &[Finding], facts: &Facts) -> String {
    let caller = &facts.site.caller;
    let mut text = format!("Account {} in {}, as {}\n\n", caller.account, caller.region, caller.arn);
    for finding in findings {
        let severity = finding.severity.to_possible_value().map(|value| value.get_name().to_owned());
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:<7}{}  {}\n       {}\n       why:  {}\n       mend: {}\n",
            severity.unwrap_or_default(),
            finding.check,
            finding.on,
            finding.what,
            finding.why,
            finding.mend
        );
    }
    let _ = match findings.len() {
        0 => writeln!(text, "Nothing found: {} trails, {} buckets.", facts.trails.len(), facts.buckets.len()),
        1 => writeln!(text, "1 finding."),
        count => writeln!(text, "{count} findings."),
    };
    text
}

/// The findings for programs.
pub fn json(findings: &[Finding]) -> Value {
    findings
        .iter()
        .map(|finding| {
            let severity = finding.severity.to_possible_value();
            json!({
                "check": finding.check, "severity": severity.map(|value| value.get_name().to_owned()),
                "on": finding.on, "what": finding.what, "why": finding.why, "mend": finding.mend,
            })
        })
        .collect()
}

/// A finding.
fn found(
    check: &'static str,
    severity: Severity,
    on: &str,
    what: impl Into<String>,
    why: &'static str,
    mend: impl Into<String>,
) -> Finding {
    Finding { check, severity, on: on.to_owned(), what: what.into(), why, mend: mend.into() }
}

#[cfg(test)]
mod tests;
