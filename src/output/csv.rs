//! `csv` as RFC 4180 has it, and `tsv` with backslash escapes.
//!
//! Null is the empty field; the empty text is `""` in csv, so the two stay apart. Lines end in a line feed alone,
//! which is what every tool on a command line expects.
//!
//! A spreadsheet takes a field that begins with `=`, `+`, `-` or `@` for a formula, and log fields are what attackers
//! typed. Where [`Look::csv_safe`] asks for it, such texts get an apostrophe in front, which spreadsheets show as text.
//! It changes the value, so it is not the default.

use std::borrow::Cow;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::datatypes::SchemaRef;

use super::Encoder;
use super::Format;
use super::Look;
use super::shape;
use super::text;
use crate::error::Result;

/// Comma-separated values.
pub(super) const CSV: Format = Format {
    name: "csv",
    about: "comma-separated values with a header (RFC 4180)",
    binary: false,
    types: shape::plain,
    begin: |schema, look, out| begin(COMMA, schema, look, out),
};

/// Tab-separated values.
pub(super) const TSV: Format = Format {
    name: "tsv",
    about: "tab-separated values with a header; tab, line feed, return and backslash as \\t \\n \\r \\\\",
    binary: false,
    types: shape::plain,
    begin: |schema, look, out| begin(TAB, schema, look, out),
};

/// How fields are told apart.
#[derive(Clone, Copy)]
struct Dialect {
    separator: u8,
    escape: fn(&str) -> Cow<'_, str>,
}

const COMMA: Dialect = Dialect { separator: b',', escape: quoted };
const TAB: Dialect = Dialect { separator: b'\t', escape: backslashed };

struct Lines {
    dialect: Dialect,
    /// On a terminal, what acts on it is spelled out; in a pipe or a file every byte stays.
    terminal: bool,
    /// Which columns may hold what a spreadsheet would run; none unless the reader asked for safety.
    risky: Vec<bool>,
}

fn begin(dialect: Dialect, schema: &SchemaRef, look: &Look, out: &mut Vec<u8>) -> Result<Box<dyn Encoder>> {
    let names = schema.fields();
    let all = names.iter().map(|_| look.csv_safe).collect();
    let mut lines = Lines { dialect, terminal: look.screen.width.is_some(), risky: all };
    for (place, field) in names.iter().enumerate() {
        lines.field(place, names.len(), Some(field.name()), out);
    }
    // A negative number is no formula.
    let number = |kind: &DataType| kind.is_numeric() || kind.is_temporal();
    lines.risky = names.iter().map(|field| look.csv_safe && !number(field.data_type())).collect();
    if !names.is_empty() {
        out.push(b'\n');
    }
    Ok(Box::new(lines))
}

impl Lines {
    fn field(&self, place: usize, of: usize, value: Option<&str>, out: &mut Vec<u8>) {
        if place > 0 {
            out.push(self.dialect.separator);
        }
        let risky = self.risky.get(place).is_some_and(|risky| *risky);
        match value {
            Some(value) => {
                let value = if self.terminal { text::visible(value) } else { Cow::Borrowed(value) };
                let value = if risky { disarmed(value) } else { value };
                out.extend_from_slice((self.dialect.escape)(&value).as_bytes());
            }
            // A line with nothing on it is skipped by most readers, and the row with it.
            None if of == 1 && self.dialect.separator == b',' => out.extend_from_slice(b"\"\""),
            None => {}
        }
    }
}

impl Encoder for Lines {
    fn batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        let mut columns = text::columns(batch)?;
        let of = columns.len();
        for row in 0..batch.num_rows() {
            for (place, column) in columns.iter_mut().enumerate() {
                self.field(place, of, column.value(row), out);
            }
            out.push(b'\n');
        }
        Ok(())
    }

    fn finish(self: Box<Self>, _rows: u64, _out: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }
}

/// Puts an apostrophe before what a spreadsheet would run.
fn disarmed(value: Cow<'_, str>) -> Cow<'_, str> {
    // Some strip blanks and control characters before they look.
    let first =
        value.trim_start_matches(|char: char| char.is_whitespace() || char.is_control()).chars().next();
    let begins_with_control = value.starts_with(['\t', '\r', '\n', '\0']);
    let runs = matches!(first, Some('=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠'));
    if runs || begins_with_control { Cow::Owned(format!("'{value}")) } else { value }
}

fn quoted(value: &str) -> Cow<'_, str> {
    let plain = !value.is_empty()
        && !value.starts_with(' ')
        && !value.ends_with(' ')
        && !value.contains(['"', ',', '\n', '\r']);
    if plain { Cow::Borrowed(value) } else { Cow::Owned(format!("\"{}\"", value.replace('"', "\"\""))) }
}

fn backslashed(value: &str) -> Cow<'_, str> {
    if !value.contains(['\\', '\t', '\n', '\r']) {
        return Cow::Borrowed(value);
    }
    let escaped = value.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r");
    Cow::Owned(escaped)
}
