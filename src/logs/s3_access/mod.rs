//! S3 server access logs: the requests to a bucket, one line each, or one JSON record where CloudWatch delivers them.
//!
//! `columns` says which field is which column, `line` takes a line apart, `record` a JSON record, `objects` finds
//! both in an object, `rows` makes Arrow of them, `rebuild` makes the line or record of a row again; `key` and
//! `time` know how S3 writes those.
//!
//! A line that is not UTF-8 is a row as well, or a client could hide by sending such a header: its columns show the
//! replacement character, and `unmapped` has the line's bytes in hex, as `line_hex`.

use crate::logs::Column;
use crate::logs::Log;
use crate::logs::Original;
use crate::logs::Parsed;
use crate::logs::other_than_log;

mod columns;
mod key;
mod line;
mod objects;
mod rebuild;
mod record;
mod rows;
#[cfg(test)]
mod tests;
mod time;

/// Rises whenever a derivation changes, so that a compaction knows which files to compute anew.
const DERIVATIONS_VERSION: u32 = 1;

/// The log of S3 server access logging.
#[derive(Clone, Copy, Debug)]
pub struct S3Access;

impl Log for S3Access {
    fn name(&self) -> &'static str {
        "s3_access"
    }

    fn about(&self) -> &'static str {
        "S3 server access logs: every request to a logged bucket, one row a request"
    }

    fn columns(&self) -> &'static [Column] {
        &columns::COLUMNS
    }

    fn sort_columns(&self) -> &'static [&'static str] {
        &["bucket", "request_time"]
    }

    fn derivations_version(&self) -> u32 {
        DERIVATIONS_VERSION
    }

    fn original(&self) -> Option<Original> {
        Some(Original {
            view: "s3_access_raw",
            keys: &["request_id"],
            column: "line",
            inputs: rebuild::inputs,
            rebuild: rebuild::rebuild,
        })
    }

    fn claims(&self, bytes: &[u8]) -> bool {
        objects::has_record(bytes)
    }

    fn names(&self, source_file: &str) -> bool {
        is_delivery_name(source_file.rsplit('/').next().unwrap_or_default())
    }

    fn read(&self, source_file: &str, bytes: &[u8]) -> Parsed {
        if let Some(reason) = other_than_log(bytes) {
            return Parsed::ignored(reason);
        }
        // Asked first, since every line of a text that is no access log would become a reject.
        if !self.claims(bytes) && !self.names(source_file) {
            return Parsed::ignored("no line of an S3 access log".to_owned());
        }
        objects::read(source_file, bytes)
    }
}

/// Tells whether a file name is `[prefix]YYYY-mm-DD-HH-MM-SS-<id>`, as S3 names what it delivers.
///
/// An ending behind a dot, as a copying tool may add, does not matter.
fn is_delivery_name(name: &str) -> bool {
    const TIME: &[u8; 19] = b"0000-00-00-00-00-00";
    let stem = name.split('.').find(|part| part.len() > TIME.len()).unwrap_or(name);
    let Some((time, id)) = stem.rsplit_once('-') else { return false };
    let id = id.len() >= 8 && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let digits = |(byte, shape): (&u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    id && time.as_bytes().last_chunk::<19>().is_some_and(|time| time.iter().zip(TIME).all(digits))
}
