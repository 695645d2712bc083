//! Does what a plan says, call by call, and says where it stopped when one fails.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::error::Error;
use crate::error::Result;
use crate::setup::Clients;
use crate::setup::Plan;
use crate::setup::plan::Call;
use crate::setup::plan::Step;
use crate::setup::send::send;

/// What was just made takes seconds to get around in AWS; so often it is waited for, a little longer each time.
const PATIENCE: u32 = 8;
/// The first wait.
const PAUSE: Duration = Duration::from_secs(2);

/// Does every step that is not done; `told` hears of each before and after.
///
/// # Errors
/// A call fails. The message says what was done and what was not; a second run goes on from there.
pub async fn apply(clients: &Clients, plan: &Plan, mut told: impl FnMut(&Step)) -> Result<()> {
    let mut answers = BTreeMap::new();
    let steps: Vec<&Step> = plan.steps.iter().filter(|step| !step.is_done()).collect();
    for (number, step) in steps.iter().enumerate() {
        for (place, call) in step.calls.iter().enumerate() {
            if let Err(error) = patiently(clients, call, &mut answers).await {
                let (done, open) = steps.split_at(number);
                return Err(stopped(&error, done, open, place));
            }
        }
        told(step);
    }
    Ok(())
}

async fn patiently(clients: &Clients, call: &Call, answers: &mut BTreeMap<String, String>) -> Result<()> {
    let mut tries = 0;
    loop {
        let failed = match send(clients, call, answers).await {
            Ok(()) => return Ok(()),
            Err(failed) => failed,
        };
        tries += 1;
        if !failed.is_early || tries >= PATIENCE {
            return Err(failed.error);
        }
        tokio::time::sleep(PAUSE * tries).await;
    }
}

/// Says what was done and what was not.
fn stopped(error: &Error, done: &[&Step], open: &[&Step], calls_done: usize) -> Error {
    let mut text = format!("{error}");
    let name = |step: &&Step| format!("{} ({})", step.name, step.on);
    let list = |steps: &[&Step]| steps.iter().map(name).collect::<Vec<_>>().join(", ");
    if let Some((failed, rest)) = open.split_first() {
        // Writing to a String cannot fail.
        let _ = write!(text, "\nfailed: {}", name(failed));
        if calls_done > 0 {
            let calls = failed.calls.iter().take(calls_done).map(|call| call.operation.name);
            let _ = write!(text, ", after {}", calls.collect::<Vec<_>>().join(" and "));
        }
        let _ = write!(text, "\ndone: {}", if done.is_empty() { "nothing".to_owned() } else { list(done) });
        let _ = write!(
            text,
            "\nnot done: {}",
            if rest.is_empty() { "nothing else".to_owned() } else { list(rest) }
        );
    }
    let why = error.hint().map(|hint| format!("{hint}. ")).unwrap_or_default();
    Error::new(error.kind(), text).hinted(format!(
        "{why}mend it and run the same command again: it goes on from here and does nothing twice; \
         `trailql setup --undo` takes back what was done"
    ))
}
