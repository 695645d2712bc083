//! Finds the records of an object, whatever they are wrapped in, and goes on behind damage.
//!
//! An object is a sequence of JSON values. A value is a record, a list of values, or a wrapper: an object
//! that holds records further in (`Records`, `detail`, `logEvents[].message`, another tool's envelope). What a
//! wrapper says besides its records is not part of any record and is not kept.
//!
//! At damage the reader searches the next object that is a record, or holds one, for certain. What lies between
//! is one reject. The search tries each bracket once and passes over whole objects, and what is nested too deep
//! fails early, so hostile input costs a bounded number of passes.

use crate::logs::Reject;
use crate::logs::cloudtrail::record::Record;
use crate::logs::cloudtrail::record::Shape;
use crate::logs::cloudtrail::rows::Finished;
use crate::logs::cloudtrail::rows::Rows;
use crate::logs::json;
use crate::logs::json::Fault;
use crate::logs::json::Members;
use crate::logs::json::Reason;

/// The largest record that becomes a row: AWS caps an event at 256 KB, its longest fields included.
pub(super) const MAX_RECORD: usize = 16 << 20;

/// Wrappers within wrappers are followed this deep.
const MAX_WRAPPING: usize = 16;

/// Keys of wrappers whose value, a string, holds a record as JSON text.
const EMBEDDED: [&[u8]; 4] = [b"CloudTrailEvent", b"message", b"_raw", b"@message"];

/// Whether a value that is no record is worth a reject here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    /// Records belong here.
    Records,
    /// Anything may stand here, a record among it.
    Anything,
}

/// A value that could not be read to its end.
#[derive(Debug)]
struct Damage {
    start: usize,
    fault: Fault,
}

/// Everything that was found in one object.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) finished: Finished,
    pub(super) rejects: Vec<Reject>,
    /// Rows and rejects together.
    pub(super) records: usize,
    /// Whether at least one record was found.
    pub(super) any_row: bool,
}

/// Reads all records of an uncompressed object.
pub(super) fn read(source_file: &str, input: &[u8]) -> Found {
    let mut reader = Reader {
        input,
        rows: Rows::new(source_file, input.len()),
        record: Record::new(),
        rejects: Vec::new(),
        records: 0,
        origin: None,
        ended_early: false,
    };
    let start = if input.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    reader.top(start);
    let any_row = reader.records > reader.rejects.len();
    Found { finished: reader.rows.finish(), rejects: reader.rejects, records: reader.records, any_row }
}

/// Tells whether the first value of an object is a record for certain, or the `Records` of a delivery.
pub(super) fn begins_with_record(input: &[u8]) -> bool {
    let mut at = json::skip_space(input, if input.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 });
    if input.get(at) == Some(&b'[') {
        at = json::skip_space(input, at + 1);
    }
    match Record::new().read(input, at) {
        Ok(Shape::Record { .. }) => true,
        // The other wrappers are those of CloudWatch, which carries other logs as well.
        Ok(Shape::Wrapper) => memchr::memmem::find(&input[at..], b"\"Records\"")
            .is_some_and(|found| json::skip_space(input, at + 1) == at + found),
        _ => false,
    }
}

#[derive(Debug)]
struct Reader<'a> {
    input: &'a [u8],
    rows: Rows,
    record: Record,
    rejects: Vec<Reject>,
    records: usize,
    /// While JSON text embedded in a string is read: where that string begins in the object.
    origin: Option<usize>,
    /// Whether the input's sudden end has been reported.
    ended_early: bool,
}

impl Reader<'_> {
    /// Reads the values at the top: one document, one a line, or one behind the other.
    fn top(&mut self, start: usize) {
        let input = self.input;
        let mut at = json::skip_space(input, start);
        while let Some(byte) = input.get(at) {
            at = match byte {
                // Text sequences (RFC 7464) begin each value with a record separator.
                0x1E => at + 1,
                _ => self.value(at, Expect::Records, 0).unwrap_or_else(|damage| self.go_on(&damage)),
            };
            at = json::skip_space(input, at);
        }
    }

    /// Reads one value; returns where it ends.
    fn value(&mut self, at: usize, expect: Expect, wrapping: usize) -> Result<usize, Damage> {
        match self.input.get(at) {
            Some(b'{') => self.object(at, expect, wrapping),
            Some(b'[') if wrapping < MAX_WRAPPING => self.list(at, expect, wrapping + 1),
            _ => {
                let end = json::skip_value(self.input, at).map_err(|fault| Damage { start: at, fault })?;
                if expect == Expect::Records {
                    self.reject(at, end, "not a CloudTrail record: no JSON object");
                }
                Ok(end)
            }
        }
    }

    fn list(&mut self, start: usize, expect: Expect, wrapping: usize) -> Result<usize, Damage> {
        let input = self.input;
        let mut at = json::skip_space(input, start + 1);
        // Behind damage the comma may be gone with it.
        let mut comma_expected = false;
        loop {
            let broken = |fault| Damage { start: at, fault };
            match input.get(at) {
                Some(b']') => return Ok(at + 1),
                Some(b',') if comma_expected => {
                    at = json::skip_space(input, at + 1);
                    comma_expected = false;
                    continue;
                }
                None => {
                    self.end_early(at);
                    return Ok(at);
                }
                Some(_) if comma_expected => {
                    let fault = Fault { at, token: at, reason: Reason::Unexpected };
                    at = self.go_on(&broken(fault));
                    comma_expected = false;
                }
                Some(_) => match self.value(at, expect, wrapping) {
                    Ok(end) => {
                        at = end;
                        comma_expected = true;
                    }
                    Err(damage) => at = self.go_on(&damage),
                },
            }
            at = json::skip_space(input, at);
        }
    }

    fn object(&mut self, start: usize, expect: Expect, wrapping: usize) -> Result<usize, Damage> {
        let shape = self.record.read(self.input, start).map_err(|fault| Damage { start, fault })?;
        let end = match shape {
            Shape::Record { end } => end,
            Shape::Maybe { end } if expect == Expect::Records => end,
            Shape::Maybe { end } | Shape::Other { end } if wrapping < MAX_WRAPPING => {
                let before = self.records;
                self.wrapper(start, wrapping + 1)?;
                if self.records == before && expect == Expect::Records {
                    let keys = keys(self.input, start);
                    self.reject(
                        start,
                        end,
                        &format!("not a CloudTrail record: no record's field among its keys {keys}"),
                    );
                }
                return Ok(end);
            }
            Shape::Maybe { end } | Shape::Other { end } => {
                self.reject(start, end, "not a CloudTrail record: wrapped too deep");
                return Ok(end);
            }
            Shape::Wrapper => return self.wrapper(start, wrapping + 1),
        };
        self.row(start, end);
        Ok(end)
    }

    /// Looks for records inside an object that is none itself.
    fn wrapper(&mut self, start: usize, wrapping: usize) -> Result<usize, Damage> {
        let input = self.input;
        let mut members = Members::new(input, start);
        loop {
            let resume = members.offset();
            let Some(found) = members.next_key() else { break };
            // What was read before the damage stands; only the rest of the wrapper is lost.
            let (key, value) = found.map_err(|fault| Damage { start: resume, fault })?;
            let key = key.of(input);
            let key = key.get(1..key.len().wrapping_sub(1)).unwrap_or_default();
            let end = match input.get(value) {
                Some(b'[') => {
                    let telling = matches!(key, b"Records" | b"Events" | b"logEvents");
                    self.value(value, if telling { Expect::Records } else { Expect::Anything }, wrapping)?
                }
                Some(b'{') => self.object(value, Expect::Anything, wrapping)?,
                _ => {
                    let end =
                        json::skip_value(input, value).map_err(|fault| Damage { start: value, fault })?;
                    if EMBEDDED.contains(&key) {
                        self.embedded(value, end, wrapping);
                    }
                    end
                }
            };
            members.resume(end);
        }
        Ok(members.offset())
    }

    /// Reads a record whose JSON text is the value of a string.
    fn embedded(&mut self, start: usize, end: usize, wrapping: usize) {
        let Some(text) = self.input.get(start..end).and_then(json::text) else {
            self.reject(start, end, "the embedded record is not UTF-8 text");
            return;
        };
        if !text.trim_start().starts_with('{') {
            return;
        }
        let mut inner = Reader {
            input: text.as_bytes(),
            rows: std::mem::replace(&mut self.rows, Rows::new("", 0)),
            record: Record::new(),
            rejects: std::mem::take(&mut self.rejects),
            records: self.records,
            origin: Some(self.origin.unwrap_or(start)),
            ended_early: false,
        };
        let at = json::skip_space(inner.input, 0);
        match inner.object(at, Expect::Records, wrapping) {
            Ok(_) => {}
            Err(damage) => {
                inner.go_on(&damage);
            }
        }
        self.rows = inner.rows;
        self.rejects = inner.rejects;
        self.records = inner.records;
    }

    /// Reports the damaged stretch and returns where reading goes on.
    fn go_on(&mut self, damage: &Damage) -> usize {
        let next = self.next_record(damage);
        if next == self.input.len() {
            if self.ended_early && damage.start == next {
                return next;
            }
            self.ended_early = true;
        }
        let Fault { at, reason, .. } = damage.fault;
        self.reject(damage.start, next, &format!("{reason}, at byte {at}"));
        next
    }

    /// Finds the next object behind the damage that is, or holds, a record for certain.
    fn next_record(&mut self, damage: &Damage) -> usize {
        let input = self.input;
        // What failed may be a wrapper that lost its end: the records in it are whole, so the search goes inside.
        let mut from = damage.start + 1;
        while let Some(found) = input.get(from..).and_then(|rest| memchr::memchr(b'{', rest)) {
            let candidate = from + found;
            from = match self.record.read(input, candidate) {
                Ok(Shape::Record { .. } | Shape::Wrapper) => return candidate,
                Ok(Shape::Maybe { end } | Shape::Other { end }) => {
                    if self.holds_record(candidate, 1) {
                        return candidate;
                    }
                    end
                }
                Err(_) => candidate + 1,
            };
        }
        input.len()
    }

    /// Tells whether a whole object has a record further in.
    fn holds_record(&mut self, start: usize, wrapping: usize) -> bool {
        let input = self.input;
        let mut values = Members::new(input, start).filter_map(Result::ok).map(|member| member.value);
        wrapping < MAX_WRAPPING
            && values.any(|value| match input.get(value.start) {
                Some(b'{') => match self.record.read(input, value.start) {
                    Ok(Shape::Record { .. } | Shape::Wrapper) => true,
                    _ => self.holds_record(value.start, wrapping + 1),
                },
                Some(b'[') => self.holds_record(value.start, wrapping + 1),
                _ => false,
            })
    }

    fn row(&mut self, start: usize, end: usize) {
        if end - start > MAX_RECORD {
            let reason = format!("the record has {} bytes; the limit is {MAX_RECORD}", end - start);
            return self.reject(start, end, &reason);
        }
        match std::str::from_utf8(&self.input[start..end]) {
            Ok(text) => {
                self.rows.push(&self.record, start, text, self.records);
                self.records += 1;
            }
            Err(error) => {
                let reason = format!("not UTF-8, at byte {}", start + error.valid_up_to());
                self.reject(start, end, &reason);
            }
        }
    }

    /// Reports a list that the end of the input cut off between two records.
    fn end_early(&mut self, at: usize) {
        if !self.ended_early {
            self.ended_early = true;
            self.reject(at, at, "truncated: the input ends inside a list of records");
        }
    }

    fn reject(&mut self, start: usize, end: usize, reason: &str) {
        self.records += 1;
        let reason = match self.origin {
            None => reason.to_owned(),
            Some(_) => format!("in embedded JSON text: {reason}"),
        };
        let content = self.input.get(start..end).unwrap_or_default();
        self.rejects.push(Reject::new(self.origin.unwrap_or(start), reason, content));
    }
}

/// The first keys of an object, for people.
fn keys(input: &[u8], start: usize) -> String {
    let mut members = Members::new(input, start).filter_map(Result::ok);
    let mut keys: Vec<_> = members
        .by_ref()
        .take(5)
        .map(|member| String::from_utf8_lossy(member.key.of(input)).into_owned())
        .collect();
    if members.next().is_some() {
        keys.push("...".to_owned());
    }
    keys.join(", ")
}
