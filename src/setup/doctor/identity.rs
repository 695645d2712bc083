//! Who asks, what they may not see, and whether this machine's clock is right.

use crate::setup::clients::needed;
use crate::setup::doctor::Audit;
use crate::setup::doctor::Finding;
use crate::setup::doctor::Severity;
use crate::setup::doctor::found;

/// AWS refuses signatures that are five minutes off; at one it is time to mend the clock.
const MOST_SECONDS: i64 = 60;

pub(super) fn check(audit: &Audit<'_>) -> Vec<Finding> {
    let facts = audit.facts;
    let caller = &facts.site.caller;
    let mut findings = Vec::new();
    for denied in &facts.denied {
        let what = format!("{} may not ask {} about {}", caller.arn, denied.operation, denied.about);
        let mend = format!(
            "allow {}; `trailql doctor --policy` prints all that is needed",
            needed(denied.operation)
        );
        let why = "what cannot be seen is not audited";
        findings.push(found("permission-missing", Severity::Medium, &denied.about, what, why, mend));
    }
    if caller.arn.ends_with(":root") {
        findings.push(found(
            "root-credentials",
            Severity::High,
            &caller.arn,
            "the credentials are those of the root user",
            "nothing bounds what the root user may do, and its use hides who acted",
            "use a role; `trailql setup --policy` prints what it needs",
        ));
    }
    if let Some(ahead) = facts.clock_ahead.filter(|ahead| ahead.abs() > MOST_SECONDS) {
        let side = if ahead > 0 { "ahead of" } else { "behind" };
        let what = format!("the clock of this machine is {} seconds {side} that of AWS", ahead.abs());
        findings.push(found(
            "clock-off",
            Severity::Medium,
            "this machine",
            what,
            "AWS refuses requests with a wrong time, and relative times such as 24h mean something else",
            "timedatectl set-ntp true",
        ));
    }
    findings
}
