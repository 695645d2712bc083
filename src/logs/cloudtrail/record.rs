//! Reads one record in one pass: where each field's value stands, and what no column can hold.

use std::borrow::Cow;

use crate::logs::cloudtrail::columns;
use crate::logs::cloudtrail::columns::FIELDS;
use crate::logs::cloudtrail::columns::Meaning;
use crate::logs::cloudtrail::columns::NODES;
use crate::logs::cloudtrail::columns::Node;
use crate::logs::cloudtrail::columns::Slot;
use crate::logs::cloudtrail::columns::Spelling;
use crate::logs::cloudtrail::time;
use crate::logs::json;
use crate::logs::json::Fault;
use crate::logs::json::Members;
use crate::logs::json::Reason;
use crate::logs::json::Span;

const NOWHERE: Span = Span { start: 0, end: 0 };

/// Keys under which other programs and services wrap an array of records.
const WRAPPERS: [&[u8]; 3] = [b"Records", b"logEvents", b"Events"];

/// What an object turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A record, for certain: nothing else has its fields.
    Record { end: usize },
    /// An object with some field of a record, which is one where a record is expected.
    Maybe { end: usize },
    /// Any other whole object.
    Other { end: usize },
    /// An object around records, read no further than its telling key.
    Wrapper,
}

/// One record, as spans of the input. Kept and used again, since it owns buffers.
#[derive(Debug)]
pub(super) struct Record {
    spans: [Span; FIELDS.len()],
    times: [Option<i64>; 2],
    flags: [Option<bool>; 4],
    /// The members of the object `unmapped`, without its outer braces.
    unmapped: Vec<u8>,
    /// The fields whose column has a value.
    filled: u64,
    /// Those of them whose text has an escape in it.
    escaped: u64,
    seen: u64,
    seen_nodes: u8,
    /// Fields and nodes whose key occurs more than once: no column takes them, `unmapped` has every one.
    repeated: u64,
    repeated_nodes: u8,
}

const _: () = assert!(FIELDS.len() <= 64 && NODES <= 8);

/// The places of the parsed values of the kinds that are not text.
fn time_place(slot: usize) -> usize {
    usize::from(slot != Slot::EventTime.index())
}

fn flag_place(slot: usize) -> usize {
    const PLACES: [Slot; 4] =
        [Slot::ReadOnly, Slot::ManagementEvent, Slot::MfaAuthenticated, Slot::SessionCredentialFromConsole];
    PLACES.iter().position(|place| place.index() == slot).unwrap_or(0)
}

impl Record {
    pub(super) fn new() -> Self {
        Self {
            spans: [NOWHERE; FIELDS.len()],
            times: [None; 2],
            flags: [None; 4],
            unmapped: Vec::new(),
            filled: 0,
            escaped: 0,
            seen: 0,
            seen_nodes: 0,
            repeated: 0,
            repeated_nodes: 0,
        }
    }

    /// Reads the object that begins at `at`.
    ///
    /// # Errors
    /// Gives the place where it stops being JSON.
    pub(super) fn read(&mut self, input: &[u8], at: usize) -> Result<Shape, Fault> {
        self.repeated = 0;
        self.repeated_nodes = 0;
        loop {
            let (repeated, nodes) = (self.repeated, self.repeated_nodes);
            self.clear();
            let end = match self.node(input, at, Node::Record)? {
                Some(end) => end,
                None => return Ok(Shape::Wrapper),
            };
            if (self.repeated, self.repeated_nodes) == (repeated, nodes) {
                return Ok(self.shape(end));
            }
            // A key came twice: read again, now knowing which, so that no column takes either value.
        }
    }

    fn clear(&mut self) {
        self.spans = [NOWHERE; FIELDS.len()];
        self.times = [None; 2];
        self.flags = [None; 4];
        self.unmapped.clear();
        self.filled = 0;
        self.escaped = 0;
        self.seen = 0;
        self.seen_nodes = 0;
    }

    fn shape(&self, end: usize) -> Shape {
        let has = |slot: Slot| self.seen & (1 << slot.index()) != 0;
        let telling = [Slot::EventTime, Slot::EventSource, Slot::EventName, Slot::EventId, Slot::EventType];
        let told = telling.into_iter().filter(|slot| has(*slot)).count();
        if has(Slot::EventVersion) && told >= 1 || told >= 3 {
            Shape::Record { end }
        } else if has(Slot::EventVersion) || told >= 1 {
            Shape::Maybe { end }
        } else {
            Shape::Other { end }
        }
    }

    /// Reads a node; `None` at a key that wraps records.
    fn node(&mut self, input: &[u8], at: usize, node: Node) -> Result<Option<usize>, Fault> {
        let mut members = Members::new(input, at);
        while let Some(found) = members.next_key() {
            let (key, start) = found?;
            let raw_key = key.of(input);
            let inner = raw_key.get(1..raw_key.len().wrapping_sub(1)).unwrap_or_default();
            let mut meaning = columns::meaning(node, inner);
            // No known key has an escape in it, but may be spelled with one.
            if meaning == Meaning::Unknown && memchr::memchr(b'\\', inner).is_some() {
                let key = json::text(raw_key);
                meaning = key.map_or(Meaning::Unknown, |key| columns::meaning(node, key.as_bytes()));
            }
            let end = match meaning {
                Meaning::Field(slot) => {
                    let (end, escaped) = match input.get(start) {
                        Some(b'"') => json::string_end(input, start)?,
                        _ => (json::skip_value(input, start)?, false),
                    };
                    self.field(input, raw_key, Span { start, end }, slot, escaped);
                    end
                }
                Meaning::Node(child) => self.child(input, raw_key, start, child)?,
                Meaning::Unknown => {
                    let wraps = node == Node::Record
                        && self.seen == 0
                        && input.get(start) == Some(&b'[')
                        && WRAPPERS.contains(&inner);
                    if wraps {
                        return Ok(None);
                    }
                    let end = json::skip_value(input, start)?;
                    self.keep(raw_key, Span { start, end }.of(input));
                    end
                }
            };
            members.resume(end);
        }
        Ok(Some(members.offset()))
    }

    fn child(&mut self, input: &[u8], key: &[u8], start: usize, child: Node) -> Result<usize, Fault> {
        let bit = 1 << child as u8;
        self.repeated_nodes |= self.seen_nodes & bit;
        self.seen_nodes |= bit;
        if input.get(start) != Some(&b'{') || self.repeated_nodes & bit != 0 {
            let end = json::skip_value(input, start)?;
            self.keep(key, Span { start, end }.of(input));
            return Ok(end);
        }
        let before = self.unmapped.len();
        self.begin(key);
        self.unmapped.push(b'{');
        let inside = self.unmapped.len();
        let filled = self.filled;
        let end = self.node(input, start, child)?;
        if self.unmapped.len() == inside && self.filled != filled {
            self.unmapped.truncate(before);
        } else {
            // What is left over, or an object that no column stands for.
            self.unmapped.push(b'}');
        }
        // Only the record itself can turn out to be a wrapper.
        end.ok_or(Fault { at: start, token: start, reason: Reason::Unexpected })
    }

    /// `escaped` tells whether the value is a string with an escape in it.
    fn field(&mut self, input: &[u8], key: &[u8], span: Span, slot: usize, escaped: bool) {
        let bit = 1 << slot;
        self.repeated |= self.seen & bit;
        self.seen |= bit;
        let raw = span.of(input);
        if raw == b"null" || self.repeated & bit != 0 {
            self.keep(key, raw);
            return;
        }
        let (fills, exact) = match FIELDS[slot].spelling {
            Spelling::Json => (true, true),
            Spelling::Text => {
                let good = raw.first() == Some(&b'"') && (!escaped || is_text(raw));
                (good, good)
            }
            Spelling::Time => {
                let (time, exact) = time::read(raw);
                self.times[time_place(slot)] = time;
                (time.is_some(), exact)
            }
            spelling @ (Spelling::Flag | Spelling::FlagText) => {
                let (flag, exact) = flag(raw, spelling);
                self.flags[flag_place(slot)] = flag;
                (flag.is_some(), exact)
            }
        };
        if fills {
            self.spans[slot] = span;
            self.filled |= bit;
            self.escaped |= if escaped { bit } else { 0 };
        }
        if !exact {
            self.keep(key, raw);
        }
    }

    /// Starts a member of `unmapped`.
    fn begin(&mut self, key: &[u8]) {
        if !matches!(self.unmapped.last(), None | Some(b'{')) {
            self.unmapped.push(b',');
        }
        self.unmapped.extend_from_slice(key);
        self.unmapped.push(b':');
    }

    fn keep(&mut self, key: &[u8], value: &[u8]) {
        self.begin(key);
        self.unmapped.extend_from_slice(value);
    }

    /// The fields whose column has a value: a bit for each slot.
    pub(super) fn filled(&self) -> u64 {
        self.filled
    }

    /// Tells whether the field's text has an escape in it.
    pub(super) fn is_escaped(&self, slot: usize) -> bool {
        self.escaped & (1 << slot) != 0
    }

    /// Where the value of a field stands, if its column has one.
    #[inline]
    pub(super) fn span(&self, slot: usize) -> Option<Span> {
        self.spans.get(slot).copied().filter(|span| *span != NOWHERE)
    }

    pub(super) fn time(&self, slot: usize) -> Option<i64> {
        self.times[time_place(slot)]
    }

    pub(super) fn flag(&self, slot: usize) -> Option<bool> {
        self.flags[flag_place(slot)]
    }

    /// The members of `unmapped`, without the outer braces.
    pub(super) fn unmapped(&self) -> &[u8] {
        &self.unmapped
    }
}

/// Tells whether a JSON string can be a column's text: only half a surrogate pair cannot.
fn is_text(raw: &[u8]) -> bool {
    match memchr::memchr(b'\\', raw) {
        None => true,
        Some(_) => memchr::memmem::find(raw, b"\\u").is_none() || json::text(raw).is_some(),
    }
}

/// Reads a truth value in either spelling; the second tells whether it was the one CloudTrail uses.
fn flag(raw: &[u8], spelling: Spelling) -> (Option<bool>, bool) {
    let inner = raw.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\""));
    let (word, quoted): (Cow<'_, [u8]>, _) = match inner {
        Some(inner) => (inner.to_ascii_lowercase().into(), true),
        None => (raw.into(), false),
    };
    let value = match word.as_ref() {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    };
    let usual = quoted == (spelling == Spelling::FlagText) && inner.unwrap_or(raw) == word.as_ref();
    (value, value.is_some() && usual)
}
