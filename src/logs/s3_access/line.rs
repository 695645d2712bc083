//! Takes a line of an access log apart.
//!
//! Three fields stand in quotes and hold what a client sent, raw quotes and spaces included, so quotes alone do not
//! say where they end. What is fixed does: the request line ends with its HTTP version, and behind it stand a status
//! and five more plain values before the next quote; behind the user agent no field has a quote. No regular
//! expression; every byte is looked at a bounded number of times.

use std::borrow::Cow;

use crate::logs::s3_access::columns::FEWEST;
use crate::logs::s3_access::columns::FIELDS;
use crate::logs::s3_access::columns::Field;
use crate::logs::s3_access::columns::KNOWN;

/// A line, taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// The values, without brackets and quotes; `-` and what the line lacks are `None`.
    pub(super) values: [Option<&'a str>; FIELDS],
    /// How many of the known fields it has.
    pub(super) count: usize,
    /// What stands behind the known fields, as it is.
    pub(super) extra: &'a str,
    /// The blanks and carriage returns at its end.
    pub(super) end: &'a str,
}

/// The longest value without quotes between the request line and the referer, in bytes. It bounds the search.
const LONGEST_PLAIN: usize = 256;

/// Takes a line, without its line feed, apart.
///
/// # Errors
/// Tells for people why it is no line of an access log.
pub(super) fn read(text: &str) -> Result<Line<'_>, Cow<'static, str>> {
    let body = text.trim_end_matches([' ', '\r']);
    let end = text.get(body.len()..).unwrap_or_default();
    let mut scanner = Scanner { text: body, at: if body.starts_with('\u{feff}') { 3 } else { 0 } };
    let mut values = [None; FIELDS];
    for field in [Field::BucketOwner, Field::Bucket] {
        values[field.at()] = value(scanner.token().ok_or_else(|| short(field.at()))?);
    }
    values[Field::RequestTime.at()] = scanner.time()?;
    for (at, slot) in values.iter_mut().enumerate().take(Field::RequestUri.at()).skip(Field::RemoteIp.at()) {
        *slot = value(scanner.token().ok_or_else(|| short(at))?);
    }
    scanner.request(&mut values)?;
    scanner.headers(&mut values)?;
    let mut count = FEWEST;
    while let Some(slot) = values.get_mut(count) {
        let Some(token) = scanner.token() else { break };
        *slot = value(token);
        count += 1;
    }
    Ok(Line { values, count, extra: scanner.rest(), end })
}

/// A `-` says that there is no value.
fn value(token: &str) -> Option<&str> {
    (token != "-").then_some(token)
}

fn short(fields: usize) -> Cow<'static, str> {
    let s = if fields == 1 { "" } else { "s" };
    format!("the line ends after {fields} field{s}; an access log line has at least {FEWEST}").into()
}

/// A field's number and name, for people.
fn name(field: usize) -> String {
    let column = KNOWN.get(field).map_or("", |known| known.column);
    format!("field {} ({column})", field + 1)
}

/// Why the fields behind a quote are not those that stand behind the request line.
enum Unlike {
    /// The line ends after so many fields.
    Short(usize),
    /// This field cannot be it.
    Field(usize),
}

#[derive(Clone, Copy)]
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn skip_blanks(&mut self) {
        while self.text.as_bytes().get(self.at) == Some(&b' ') {
            self.at += 1;
        }
    }

    /// What is left, without the blanks before it.
    fn rest(mut self) -> &'a str {
        self.skip_blanks();
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next stretch without blanks. Several blanks part fields as one does.
    fn token(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let start = self.text.len() - rest.len();
        let length = memchr::memchr(b' ', rest.as_bytes()).unwrap_or(rest.len());
        self.at = start + length;
        rest.get(..length).filter(|token| !token.is_empty())
    }

    /// The time, without its brackets.
    fn time(&mut self) -> Result<Option<&'a str>, Cow<'static, str>> {
        let rest = self.rest();
        if rest.is_empty() {
            return Err(short(Field::RequestTime.at()));
        }
        let inside = rest.strip_prefix('[').ok_or("field 3 (request_time) does not stand in brackets")?;
        let length = memchr::memchr(b']', inside.as_bytes());
        let length = length.ok_or("field 3 (request_time) has no closing bracket")?;
        self.at = self.text.len() - inside.len() + length + 1;
        Ok(inside.get(..length).and_then(value))
    }

    /// The request line and the six plain values behind it.
    fn request(&mut self, values: &mut [Option<&'a str>; FIELDS]) -> Result<(), Cow<'static, str>> {
        let rest = self.rest();
        let start = self.text.len() - rest.len();
        let (uri, behind) = if rest.is_empty() {
            return Err(short(Field::RequestUri.at()));
        } else if rest.starts_with('"') {
            let (end, behind) = self.request_end(start + 1)?;
            (self.text.get(start + 1..end), behind)
        } else if rest.starts_with("- ") {
            let behind = Self { at: start + 1, ..*self }.plain();
            (None, behind.map_err(|unlike| unlike.reason())?)
        } else {
            return Err(format!("{} is neither `-` nor in quotes", name(Field::RequestUri.at())).into());
        };
        values[Field::RequestUri.at()] = uri.and_then(value);
        values[Field::HttpStatus.at()..Field::Referer.at()].copy_from_slice(&behind.values);
        self.at = behind.at;
        Ok(())
    }

    /// The quote that ends the request line, and what stands behind it.
    ///
    /// It is the first that ends an HTTP version and has the plain values behind it. The first, because a request
    /// line has no blanks but those of its three parts, while the headers behind it may hold anything, a forged
    /// rest of a line too. Where none ends a version it is the first with such values.
    fn request_end(&self, from: usize) -> Result<(usize, Plain<'a>), Cow<'static, str>> {
        let bytes = self.text.as_bytes();
        let mut found = None;
        let mut unlike = None;
        for quote in memchr::memchr_iter(b'"', bytes.get(from..).unwrap_or_default()) {
            let quote = from + quote;
            if !matches!(bytes.get(quote + 1), Some(b' ') | None) {
                continue;
            }
            let behind = Self { at: quote + 1, ..*self }.plain();
            match (behind, ends_version(bytes.get(from..quote).unwrap_or_default())) {
                (Ok(behind), true) => return Ok((quote, behind)),
                (Ok(behind), false) => found = found.or(Some((quote, behind))),
                (Err(reason), true) => unlike = unlike.or(Some(reason)),
                (Err(_), false) => {}
            }
        }
        found.ok_or_else(|| match unlike {
            Some(unlike) => unlike.reason(),
            None => {
                let name = name(Field::RequestUri.at());
                format!("{name} has no closing quote with a status behind it").into()
            }
        })
    }

    /// Status, error code, two sizes and two times, then the referer's begin.
    fn plain(mut self) -> Result<Plain<'a>, Unlike> {
        let mut values = [None; PLAIN];
        for (place, slot) in values.iter_mut().enumerate() {
            let field = Field::HttpStatus.at() + place;
            let token = self.token().ok_or(Unlike::Short(field))?;
            let number = token.len() <= 20 && token.bytes().all(|byte| byte.is_ascii_digit());
            let fits = match field {
                _ if token == "-" => true,
                field if field == Field::HttpStatus.at() => number && token.len() == 3,
                field if field == Field::ErrorCode.at() => {
                    token.len() <= LONGEST_PLAIN && !token.starts_with('"')
                }
                _ => number,
            };
            if !fits {
                return Err(Unlike::Field(field));
            }
            *slot = value(token);
        }
        match self.rest().as_bytes() {
            [] => Err(Unlike::Short(Field::Referer.at())),
            [b'"', ..] | [b'-'] | [b'-', b' ', ..] => Ok(Plain { values, at: self.at }),
            _ => Err(Unlike::Field(Field::Referer.at())),
        }
    }

    /// The referer and the user agent.
    fn headers(&mut self, values: &mut [Option<&'a str>; FIELDS]) -> Result<(), Cow<'static, str>> {
        let mut after = *self;
        let tidy = after.quoted().and_then(|referer| Some((referer, after.quoted()?)));
        let (referer, agent) = match tidy.filter(|_| after.has_plain_fields()) {
            Some(both) => both,
            None => {
                after = *self;
                after.untidy_headers()?
            }
        };
        values[Field::Referer.at()] = referer.and_then(value);
        values[Field::UserAgent.at()] = agent.and_then(value);
        self.at = after.at;
        Ok(())
    }

    /// A text in quotes that holds none, or a bare `-`, which is `Some(None)`.
    fn quoted(&mut self) -> Option<Option<&'a str>> {
        let rest = self.rest();
        let start = self.text.len() - rest.len();
        if rest == "-" || rest.starts_with("- ") {
            self.at = start + 1;
            return Some(None);
        }
        let inside = rest.strip_prefix('"')?;
        let length = memchr::memchr(b'"', inside.as_bytes())?;
        self.at = start + length + 2;
        matches!(self.text.as_bytes().get(self.at), Some(b' ') | None).then_some(inside.get(..length))
    }

    /// Tells whether none of the fields behind the user agent has a quote. What may come to stand behind those
    /// one day may have.
    fn has_plain_fields(mut self) -> bool {
        let start = self.at;
        for _ in FEWEST..FIELDS {
            self.token();
        }
        let fields = self.text.as_bytes().get(start..self.at).unwrap_or_default();
        memchr::memchr(b'"', fields).is_none()
    }

    /// The referer and the user agent where they hold quotes: from the last quote of the line backwards.
    ///
    /// The first quote, blank, quote between them parts them. Where there are several nobody can tell which is
    /// the one, and the line comes out the same.
    fn untidy_headers(&mut self) -> Result<(Option<&'a str>, Option<&'a str>), Cow<'static, str>> {
        let rest = self.rest();
        let start = self.text.len() - rest.len();
        let bytes = rest.as_bytes();
        if rest == "-" {
            return Err(short(Field::UserAgent.at()));
        }
        let ends_field = |quote: &usize| matches!(bytes.get(quote + 1), Some(b' ') | None);
        let unclosed = |field: Field| format!("{} has no closing quote", name(field.at()));
        let last = memchr::memrchr_iter(b'"', bytes).find(ends_field);
        if let Some(agent) = rest.strip_prefix("- ").map(|rest| rest.trim_start_matches(' ')) {
            let from = rest.len() - agent.len();
            let last = last.filter(|last| *last > from && agent.starts_with('"'));
            let last = last.ok_or_else(|| unclosed(Field::UserAgent))?;
            self.at = start + last + 1;
            return Ok((None, rest.get(from + 1..last)));
        }
        let last = last.filter(|last| *last > 0).ok_or_else(|| unclosed(Field::Referer))?;
        for quote in memchr::memchr_iter(b'"', bytes.get(1..last).unwrap_or_default()) {
            let quote = quote + 1;
            let behind = rest.get(quote + 1..last).unwrap_or_default();
            let agent = behind.trim_start_matches(' ');
            if agent.len() < behind.len() && agent.starts_with('"') {
                self.at = start + last + 1;
                return Ok((rest.get(1..quote), agent.get(1..)));
            }
        }
        self.at = start + last + 1;
        match self.token() {
            Some("-") => Ok((rest.get(1..last), None)),
            Some(_) => Err(format!("{} is neither `-` nor in quotes", name(Field::UserAgent.at())).into()),
            None => Err(short(Field::UserAgent.at())),
        }
    }
}

/// How many plain values stand between the request line and the referer.
const PLAIN: usize = Field::Referer as usize - Field::HttpStatus as usize;

/// The plain values behind the request line.
struct Plain<'a> {
    values: [Option<&'a str>; PLAIN],
    /// Where they end.
    at: usize,
}

impl Unlike {
    fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::Short(fields) => short(*fields),
            Self::Field(field) => {
                let wanted = match *field {
                    field if field == Field::HttpStatus.at() => "a status of three digits",
                    field if field == Field::ErrorCode.at() => "an error code",
                    field if field == Field::Referer.at() => "`-` or in quotes",
                    _ => "a number",
                };
                format!("{} is not {wanted}", name(*field)).into()
            }
        }
    }
}

/// Tells whether a request line ends with `HTTP/1.1` or another version.
fn ends_version(request: &[u8]) -> bool {
    let tail = request.get(request.len().saturating_sub(9)..).unwrap_or_default();
    memchr::memmem::rfind(tail, b"HTTP/").and_then(|at| tail.get(at + 5..)).is_some_and(|version| {
        version.first().is_some_and(u8::is_ascii_digit)
            && version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
    })
}
