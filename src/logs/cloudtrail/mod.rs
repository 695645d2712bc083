//! CloudTrail: the events of AWS accounts, as JSON.
//!
//! `columns` says which column holds which field, `record` reads one record, `objects` finds the records of an
//! object, `rows` makes Arrow of them, `derive` and `resources` say who acted on what, and `rebuild` makes the
//! JSON of a row again.

use crate::logs::Column;
use crate::logs::Log;
use crate::logs::Original;
use crate::logs::Parsed;
use crate::logs::digest;
use crate::logs::json;
use crate::logs::other_than_log;

mod columns;
pub mod derive;
pub mod facts;
pub mod kind;
mod objects;
pub mod rebuild;
mod record;
pub mod resources;
mod rows;
#[cfg(test)]
mod tests;
mod time;
mod walk;

/// The log of CloudTrail.
#[derive(Clone, Copy, Debug)]
pub struct CloudTrail;

impl Log for CloudTrail {
    fn name(&self) -> &'static str {
        "cloudtrail"
    }

    fn about(&self) -> &'static str {
        "AWS CloudTrail: every recorded API call and sign-in, one row an event"
    }

    fn columns(&self) -> &'static [Column] {
        &columns::COLUMNS
    }

    fn sort_columns(&self) -> &'static [&'static str] {
        &["account_id", "event_time"]
    }

    fn derivations_version(&self) -> u32 {
        derive::DERIVATIONS_VERSION
    }

    fn original(&self) -> Option<Original> {
        Some(Original {
            view: "cloudtrail_json",
            keys: &["event_id", "event_time"],
            column: "event",
            inputs: || rebuild::inputs().into_iter().map(|(name, _)| name).collect(),
            rebuild: rebuild::rebuild,
        })
    }

    fn claims(&self, bytes: &[u8]) -> bool {
        digest::begins_as_digest(bytes) || objects::begins_with_record(bytes)
    }

    fn names(&self, source_file: &str) -> bool {
        let parts = || source_file.split('/');
        parts().any(|part| part == "CloudTrail" || part.starts_with("CloudTrail-"))
            || parts().next_back().is_some_and(|name| name.contains("_CloudTrail"))
    }

    fn read(&self, source_file: &str, bytes: &[u8]) -> Parsed {
        if let Some(reason) = other_than_records(bytes) {
            return Parsed::ignored(reason);
        }
        let found = objects::read(source_file, bytes);
        if !found.any_row && !begins_as_json(bytes) {
            return Parsed::ignored(not_json(bytes));
        }
        Parsed {
            ignored: None,
            batches: found.finished.batches,
            rejects: found.rejects,
            records: found.records as u64,
            first_event_time: found.finished.first_event_time,
            last_event_time: found.finished.last_event_time,
            digest: None,
        }
    }
}

/// Tells why an object is no log at all, where its first bytes or keys say so.
fn other_than_records(bytes: &[u8]) -> Option<String> {
    other_than_log(bytes)
        .or_else(|| digest::begins_as_digest(bytes).then(|| "a CloudTrail digest file".to_owned()))
}

fn begins_as_json(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let start = json::skip_space(bytes, 0);
    match bytes.get(start) {
        Some(b'{' | b'[') => true,
        // A single number or string is JSON as well, if it is all there is.
        _ => json::skip_value(bytes, start).is_ok_and(|end| json::skip_space(bytes, end) == bytes.len()),
    }
}

fn not_json(bytes: &[u8]) -> String {
    let bytes = bytes.trim_ascii_start();
    let head: String = String::from_utf8_lossy(&bytes[..bytes.len().min(24)])
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    format!("not JSON, begins with `{}`", head.trim())
}
