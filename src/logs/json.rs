//! A validating JSON scanner over borrowed bytes: finds where values end without building them.
//!
//! It is the innermost loop of an ingest. Columns keep JSON text as it stood, so nothing is ever
//! built: a value is a [`Span`] of the input. `serde_json`'s `RawValue` does the same at half the speed
//! and stops at the first error without telling which token it was in, which salvage needs.

mod text;

pub use text::decode;
pub use text::text;
pub use text::write_text;

/// The deepest nesting that is read. `serde_json`, which everything downstream uses, stops at 128.
pub const MAX_NESTING: usize = 100;

/// A stretch of the input: byte offsets, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// The bytes it covers; empty if it does not fit `input`.
    pub fn of(self, input: &[u8]) -> &[u8] {
        input.get(self.start..self.end).unwrap_or_default()
    }
}

/// Why a value could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where the scanner stood.
    pub at: usize,
    /// Where the token that failed begins; a search for the next record starts here.
    pub token: usize,
    /// What was wrong.
    pub reason: Reason,
}

/// What was wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The input ended inside the value.
    Truncated,
    /// A byte that no JSON value may have here.
    Unexpected,
    /// A raw control character inside a string.
    ControlCharacter,
    /// A backslash followed by something that is no escape.
    BadEscape,
    /// Nested deeper than [`MAX_NESTING`].
    TooDeep,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truncated => formatter.write_str("truncated: the input ends inside a value"),
            Self::Unexpected => formatter.write_str("invalid JSON: unexpected character"),
            Self::ControlCharacter => formatter.write_str("invalid JSON: control character in a string"),
            Self::BadEscape => formatter.write_str("invalid JSON: bad escape in a string"),
            Self::TooDeep => write!(formatter, "nested deeper than {MAX_NESTING} levels"),
        }
    }
}

/// Returns the first offset from `at` that is not white space.
#[inline]
pub fn skip_space(input: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = input.get(at) {
        at += 1;
    }
    at
}

/// Returns the end of the value that begins at `at`, having checked all of it.
///
/// # Errors
/// Gives the place and reason at which it stops being JSON.
pub fn skip_value(input: &[u8], at: usize) -> Result<usize, Fault> {
    match input.get(at) {
        Some(b'"') => skip_string(input, at),
        Some(b'{' | b'[') => skip_nested(input, at),
        Some(_) => skip_scalar(input, at),
        None => Err(Fault { at, token: at, reason: Reason::Truncated }),
    }
}

/// Walks a nested value with an explicit stack of one bit a level: set is an object.
fn skip_nested(input: &[u8], start: usize) -> Result<usize, Fault> {
    let mut kinds: u128 = 0;
    let mut depth = 0;
    let mut at = start;
    loop {
        // A value begins at `at`.
        match input.get(at) {
            Some(&open @ (b'{' | b'[')) => {
                if depth == MAX_NESTING {
                    return Err(Fault { at, token: at, reason: Reason::TooDeep });
                }
                depth += 1;
                kinds = (kinds << 1) | u128::from(open == b'{');
                at = skip_space(input, at + 1);
                let close = if open == b'{' { b'}' } else { b']' };
                if input.get(at) == Some(&close) {
                    at += 1;
                    depth -= 1;
                    kinds >>= 1;
                } else {
                    if open == b'{' {
                        (_, at) = skip_key(input, at)?;
                    }
                    continue;
                }
            }
            Some(b'"') => at = skip_string(input, at)?,
            _ => at = skip_scalar(input, at)?,
        }
        // A value has ended at `at`: close what ends here, then go on behind a comma.
        loop {
            if depth == 0 {
                return Ok(at);
            }
            at = skip_space(input, at);
            let object = kinds & 1 == 1;
            match input.get(at) {
                Some(b',') => {
                    at = skip_space(input, at + 1);
                    if object {
                        (_, at) = skip_key(input, at)?;
                    }
                    break;
                }
                Some(b'}') if object => at += 1,
                Some(b']') if !object => at += 1,
                Some(_) => return Err(Fault { at, token: at, reason: Reason::Unexpected }),
                None => return Err(Fault { at, token: at, reason: Reason::Truncated }),
            }
            depth -= 1;
            kinds >>= 1;
        }
    }
}

/// Passes `"key" :` and the space behind it; returns where the key ends, and where the value begins.
#[inline]
fn skip_key(input: &[u8], at: usize) -> Result<(usize, usize), Fault> {
    match input.get(at) {
        Some(b'"') => {}
        Some(_) => return Err(Fault { at, token: at, reason: Reason::Unexpected }),
        None => return Err(Fault { at, token: at, reason: Reason::Truncated }),
    }
    let end = skip_string(input, at)?;
    let colon = skip_space(input, end);
    match input.get(colon) {
        Some(b':') => Ok((end, skip_space(input, colon + 1))),
        Some(_) => Err(Fault { at: colon, token: at, reason: Reason::Unexpected }),
        None => Err(Fault { at: colon, token: at, reason: Reason::Truncated }),
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Finds the lowest byte of `word` that is a quote, a backslash or a control character.
///
/// The classic "has a zero byte" trick, eight bytes at a time; false marks appear only above a true one,
/// so the lowest is right.
#[inline]
fn special(word: u64) -> u64 {
    let quote = word ^ (ONES * u64::from(b'"'));
    let slash = word ^ (ONES * u64::from(b'\\'));
    let zero = |x: u64| x.wrapping_sub(ONES) & !x & HIGH;
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
    zero(quote) | zero(slash) | control
}

/// Returns the offset behind the closing quote of the string that begins at `start`.
///
/// # Errors
/// Gives the place of a control character, a bad escape, or the end of the input.
#[inline]
pub fn skip_string(input: &[u8], start: usize) -> Result<usize, Fault> {
    string_end(input, start).map(|(end, _)| end)
}

/// Does what [`skip_string`] does, and tells whether anything in the string is escaped: if not, the text between the
/// quotes is what it stands for, and need not be looked at again.
///
/// # Errors
/// As of [`skip_string`].
#[inline]
pub fn string_end(input: &[u8], start: usize) -> Result<(usize, bool), Fault> {
    let mut at = start + 1;
    let mut escaped = false;
    loop {
        while let Some(&chunk) = input.get(at..).and_then(<[u8]>::first_chunk::<8>) {
            let marks = special(u64::from_le_bytes(chunk));
            if marks == 0 {
                at += 8;
                continue;
            }
            at += (marks.trailing_zeros() / 8) as usize;
            break;
        }
        match input.get(at) {
            Some(b'"') => return Ok((at + 1, escaped)),
            Some(b'\\') => {
                escaped = true;
                at = skip_escape(input, start, at)?;
            }
            Some(0..0x20) => {
                return Err(Fault { at, token: start, reason: Reason::ControlCharacter });
            }
            Some(_) => at += 1,
            None => return Err(Fault { at, token: start, reason: Reason::Truncated }),
        }
    }
}

fn skip_escape(input: &[u8], token: usize, at: usize) -> Result<usize, Fault> {
    match input.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => {
            for place in at + 2..at + 6 {
                match input.get(place) {
                    Some(byte) if byte.is_ascii_hexdigit() => {}
                    Some(_) => return Err(Fault { at: place, token, reason: Reason::BadEscape }),
                    None => return Err(Fault { at: place, token, reason: Reason::Truncated }),
                }
            }
            Ok(at + 6)
        }
        Some(_) => Err(Fault { at, token, reason: Reason::BadEscape }),
        None => Err(Fault { at, token, reason: Reason::Truncated }),
    }
}

/// Returns the end of a number, `true`, `false` or `null`.
fn skip_scalar(input: &[u8], start: usize) -> Result<usize, Fault> {
    let rest = input.get(start..).unwrap_or_default();
    for word in [b"true".as_slice(), b"false", b"null"] {
        if rest.starts_with(word) {
            return Ok(start + word.len());
        }
        if word.starts_with(rest) {
            return Err(Fault { at: input.len(), token: start, reason: Reason::Truncated });
        }
    }
    skip_number(input, start)
}

fn skip_number(input: &[u8], start: usize) -> Result<usize, Fault> {
    let mut at = start;
    if input.get(at) == Some(&b'-') {
        at += 1;
    }
    let digits = |mut at: usize| -> Result<usize, Fault> {
        let from = at;
        while input.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        if at > from {
            return Ok(at);
        }
        let reason = if at == input.len() { Reason::Truncated } else { Reason::Unexpected };
        Err(Fault { at, token: start, reason })
    };
    // A leading zero stands alone.
    at = if input.get(at) == Some(&b'0') { at + 1 } else { digits(at)? };
    if input.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if let Some(b'e' | b'E') = input.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = input.get(at) {
            at += 1;
        }
        at = digits(at)?;
    }
    Ok(at)
}

/// One member of an object, or one element of an array (whose `key` is empty).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The key with its quotes.
    pub key: Span,
    /// The value.
    pub value: Span,
}

/// Walks the members of the object, or the elements of the array, that begins at an offset.
///
/// Yields one fault and ends if the input is damaged; yields nothing if no `{` or `[` stands there.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    input: &'a [u8],
    at: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    First { object: bool },
    Later { object: bool },
    Done,
}

impl<'a> Members<'a> {
    /// Starts at the bracket at offset `at`.
    pub fn new(input: &'a [u8], at: usize) -> Self {
        let state = match input.get(at) {
            Some(b'{') => State::First { object: true },
            Some(b'[') => State::First { object: false },
            _ => State::Done,
        };
        Self { input, at, state }
    }

    /// Where the walk stands: behind the closing bracket once it has ended well.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Passes what stands before the next value and returns its key (empty in an array) and its start.
    ///
    /// The caller finds the value's end itself and gives it to [`Members::resume`]: so a reader can descend
    /// into a value in the same pass.
    #[inline]
    pub fn next_key(&mut self) -> Option<Result<(Span, usize), Fault>> {
        let (first, object) = match self.state {
            State::First { object } => (true, object),
            State::Later { object } => (false, object),
            State::Done => return None,
        };
        let input = self.input;
        let mut at = skip_space(input, if first { self.at + 1 } else { self.at });
        let close = if object { b'}' } else { b']' };
        match input.get(at) {
            Some(byte) if *byte == close => {
                self.at = at + 1;
                self.state = State::Done;
                return None;
            }
            Some(b',') if !first => at = skip_space(input, at + 1),
            Some(_) if first => {}
            Some(_) => return self.fail(Fault { at, token: at, reason: Reason::Unexpected }),
            None => return self.fail(Fault { at, token: at, reason: Reason::Truncated }),
        }
        let mut key = Span { start: at, end: at };
        if object {
            match skip_key(input, at) {
                Ok((end, value)) => (key.end, at) = (end, value),
                Err(fault) => return self.fail(fault),
            }
        }
        self.state = State::Later { object };
        self.at = at;
        Some(Ok((key, at)))
    }

    /// Goes on behind a value that ended at `end`.
    #[inline]
    pub fn resume(&mut self, end: usize) {
        self.at = end;
    }

    fn fail<T>(&mut self, fault: Fault) -> Option<Result<T, Fault>> {
        self.state = State::Done;
        Some(Err(fault))
    }
}

impl Iterator for Members<'_> {
    type Item = Result<Member, Fault>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (key, start) = match self.next_key()? {
            Ok(found) => found,
            Err(fault) => return Some(Err(fault)),
        };
        match skip_value(self.input, start) {
            Ok(end) => {
                self.resume(end);
                Some(Ok(Member { key, value: Span { start, end } }))
            }
            Err(fault) => self.fail(fault),
        }
    }
}

#[cfg(test)]
mod tests;
