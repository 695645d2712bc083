//! Finds the records of an object: a line each, or JSON values that may span lines.
//!
//! What begins with `{` or `[` at the start of a line is JSON, everything else is a line. Behind damaged JSON
//! reading goes on with the next line that can be one or begins another value; what lies between is one reject.

use std::borrow::Cow;
use std::ops::ControlFlow;

use crate::logs::Parsed;
use crate::logs::Reject;
use crate::logs::json;
use crate::logs::json::Members;
use crate::logs::s3_access::columns::Field;
use crate::logs::s3_access::line;
use crate::logs::s3_access::record;
use crate::logs::s3_access::record::Record;
use crate::logs::s3_access::record::Shape;
use crate::logs::s3_access::rows::Rows;
use crate::logs::s3_access::time;

/// The longest line that becomes a row, in bytes: S3 caps a request's head at a few kilobytes.
pub(super) const MAX_LINE: usize = 1 << 20;

/// Reads all records of an uncompressed object.
pub(super) fn read(source_file: &str, input: &[u8]) -> Parsed {
    let mut reader =
        Reader { input, rows: Rows::new(source_file, input.len()), rejects: Vec::new(), records: 0 };
    reader.all();
    reader.rows.flush();
    Parsed {
        ignored: None,
        batches: reader.rows.batches,
        rejects: reader.rejects,
        records: reader.records,
        first_event_time: reader.rows.first_event_time,
        last_event_time: reader.rows.last_event_time,
        digest: None,
    }
}

/// Tells whether an object has a record for certain: a line with a readable time, or a JSON record.
///
/// Its first JSON value that is whole decides, for such an object holds either records or something else.
pub(super) fn has_record(input: &[u8]) -> bool {
    let mut lines = Lines { input, at: 0 };
    let found = lines.try_for_each(|(start, end)| {
        let Some(begin) = begin(input, start, end) else { return ControlFlow::Continue(()) };
        if matches!(input.get(begin), Some(b'{' | b'[')) {
            return match is_record(input, begin) {
                Some(is) => ControlFlow::Break(is),
                None => ControlFlow::Continue(()),
            };
        }
        let text = String::from_utf8_lossy(input.get(start..end).unwrap_or_default());
        let certain = line::read(&text)
            .is_ok_and(|line| line.values[Field::RequestTime.at()].and_then(time::read).is_some());
        if certain { ControlFlow::Break(true) } else { ControlFlow::Continue(()) }
    });
    found.break_value().unwrap_or(false)
}

/// Tells whether a JSON value is a record or begins with one; `None` if it is damaged and does not tell.
fn is_record(input: &[u8], at: usize) -> Option<bool> {
    match (input.get(at), record::shape(input, at)) {
        (Some(b'['), _) => {
            let first = json::skip_space(input, at + 1);
            let decided = (input.get(first) == Some(&b'{')).then(|| is_record(input, first));
            decided.unwrap_or(Some(false))
        }
        (_, Shape::Record) => Some(true),
        (_, Shape::Messages(events)) => {
            let first = messages(input, events).next();
            Some(first.is_some_and(|(_, text)| {
                text.is_some_and(|text| record::shape(text.trim_start().as_bytes(), 0) == Shape::Record)
            }))
        }
        (_, Shape::Other) => json::skip_value(input, at).is_ok().then_some(false),
    }
}

/// The `message` texts of CloudWatch's `logEvents`, with the offsets they stand at.
fn messages(input: &[u8], events: usize) -> impl Iterator<Item = (usize, Option<Cow<'_, str>>)> {
    let members = |at| Members::new(input, at).map_while(Result::ok);
    members(events)
        .flat_map(move |event| members(event.value.start))
        .filter(|member| member.key.of(input) == b"\"message\"")
        .map(|member| (member.value.start, json::text(member.value.of(input))))
}

/// The lines of an object, as offsets without the line feed.
struct Lines<'a> {
    input: &'a [u8],
    at: usize,
}

impl Iterator for Lines<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        let start = self.at;
        let rest = self.input.get(start..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.at = start + length + 1;
        Some((start, start + length))
    }
}

/// Where a line's text begins; `None` if it is blank.
fn begin(input: &[u8], start: usize, end: usize) -> Option<usize> {
    let line = input.get(start..end)?;
    let mark = if line.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let blanks = line.iter().skip(mark).take_while(|byte| byte.is_ascii_whitespace()).count();
    Some(start + mark + blanks).filter(|begin| *begin < end)
}

#[derive(Debug)]
struct Reader<'a> {
    input: &'a [u8],
    rows: Rows,
    rejects: Vec<Reject>,
    /// Rows and rejects together.
    records: u64,
}

impl Reader<'_> {
    fn all(&mut self) {
        let input = self.input;
        let (mut at, mut number) = (0, 1);
        while at < input.len() {
            let end = memchr::memchr(b'\n', &input[at..]).map_or(input.len(), |length| at + length);
            let next = match begin(input, at, end) {
                None => end + 1,
                Some(begin) if matches!(input.get(begin), Some(b'{' | b'[')) => self.json(begin, end, number),
                Some(_) => {
                    if let Err(reason) = self.line(at, end, number) {
                        self.reject(at, end, number, &reason);
                    }
                    end + 1
                }
            };
            number += newlines(input, at, next.min(input.len()));
            at = next;
        }
    }

    /// Reads the JSON value that begins at `begin`, on a line that ends at `end`; returns where reading goes on.
    ///
    /// What follows a value on its last line is read as if it began a line.
    fn json(&mut self, begin: usize, end: usize, number: usize) -> usize {
        let input = self.input;
        match json::skip_value(input, begin) {
            Ok(stop) => {
                self.value(begin, number);
                stop
            }
            Err(fault) => {
                let readable = |line: &[u8]| {
                    matches!(line.first(), Some(b'{' | b'['))
                        || line::read(&String::from_utf8_lossy(line)).is_ok()
                };
                let mut lines = Lines { input, at: end + 1 };
                let next = lines.find(|(start, end)| input.get(*start..*end).is_some_and(readable));
                let next = next.map_or(input.len(), |(start, _)| start);
                self.reject(begin, next, number, &format!("{}, at byte {}", fault.reason, fault.at));
                next
            }
        }
    }

    /// Reads one line.
    fn line(&mut self, start: usize, end: usize, number: usize) -> Result<(), String> {
        let bytes = self.input.get(start..end).unwrap_or_default();
        if bytes.len() > MAX_LINE {
            return Err(format!("the line has {} bytes; the limit is {MAX_LINE}", bytes.len()));
        }
        let text = String::from_utf8_lossy(bytes);
        let line = line::read(&text)?;
        let exact = matches!(text, Cow::Borrowed(_));
        self.rows.push_line(&line, &text, (!exact).then_some(bytes), number);
        self.records += 1;
        Ok(())
    }

    /// Reads a whole JSON value.
    fn value(&mut self, at: usize, number: usize) {
        let input = self.input;
        if input.get(at) != Some(&b'[') {
            self.object(at, number);
            return;
        }
        let (mut number, mut from) = (number, at);
        for element in Members::new(input, at).map_while(Result::ok) {
            number += newlines(input, from, element.value.start);
            from = element.value.start;
            self.object(from, number);
        }
    }

    fn object(&mut self, at: usize, number: usize) {
        let input = self.input;
        let end = json::skip_value(input, at).unwrap_or(input.len());
        match record::shape(input, at) {
            Shape::Record => match std::str::from_utf8(input.get(at..end).unwrap_or_default()) {
                Ok(text) => self.record(at, text, number),
                Err(error) => {
                    let reason = format!("not UTF-8, at byte {}", at + error.valid_up_to());
                    self.reject(at, end, number, &reason);
                }
            },
            Shape::Messages(events) => {
                let mut none = true;
                for (start, text) in messages(input, events) {
                    none = false;
                    let text = text.unwrap_or_default();
                    let object = text.trim();
                    let whole = json::skip_value(object.as_bytes(), 0) == Ok(object.len());
                    if whole && record::shape(object.as_bytes(), 0) == Shape::Record {
                        self.record(start, object, number);
                    } else {
                        let end = json::skip_value(input, start).unwrap_or(start);
                        self.reject(start, end, number, "the message is no S3 access log record");
                    }
                }
                if none {
                    self.reject(at, end, number, "logEvents without a message");
                }
            }
            Shape::Other => {
                let reason = format!("no S3 access log record: it lacks {} or a bucket", record::MARK);
                self.reject(at, end, number, &reason);
            }
        }
    }

    fn record(&mut self, at: usize, text: &str, number: usize) {
        if text.len() > MAX_LINE {
            let reason = format!("the record has {} bytes; the limit is {MAX_LINE}", text.len());
            self.reject(at, at + text.len(), number, &reason);
            return;
        }
        self.rows.push_record(&Record::read(text), number, text.len());
        self.records += 1;
    }

    fn reject(&mut self, start: usize, end: usize, number: usize, reason: &str) {
        self.records += 1;
        let content = self.input.get(start..end).unwrap_or_default();
        self.rejects.push(Reject::new(start, format!("line {number}: {reason}"), content));
    }
}

/// How many lines end in a stretch.
fn newlines(input: &[u8], from: usize, to: usize) -> usize {
    memchr::memchr_iter(b'\n', input.get(from..to).unwrap_or_default()).count()
}
