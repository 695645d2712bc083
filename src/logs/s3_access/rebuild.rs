//! Makes a row the line, or the JSON record, it was read from again.
//!
//! An ingest writes each line with [`write_line`] as well, and compares. What the columns cannot say of it is in
//! `unmapped`, as little as will do, the whole line if need be:
//!
//! | member | what it says |
//! |---|---|
//! | `columns` | how many of the 27 fields the line has, where it is not all |
//! | `fields` | the fields behind those, verbatim |
//! | `key`, `request_time` | how these were written, where it is not the usual way |
//! | `end` | blanks and carriage returns at the line's end |
//! | `line` | the whole line, where all of these would not do |
//! | `line_hex` | the bytes of a line that is not UTF-8 |
//!
//! The `unmapped` of a JSON record has its fields without a column, `schema_version_id` always among them, and
//! the values a column cannot hold exactly. It comes back equal as JSON.

use std::borrow::Cow;
use std::io::Write;

use arrow::array::Array;
use arrow::array::ArrayRef;
use arrow::array::AsArray;
use arrow::array::Int64Array;
use arrow::array::StringViewArray;
use arrow::array::StringViewBuilder;
use arrow::array::TimestampMicrosecondArray;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::datatypes::Int64Type;
use arrow::datatypes::TimeUnit;
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;

use crate::logs::ColumnType;
use crate::logs::json;
use crate::logs::json::Members;
use crate::logs::s3_access::columns::FIELDS;
use crate::logs::s3_access::columns::Field;
use crate::logs::s3_access::columns::KNOWN;
use crate::logs::s3_access::key;
use crate::logs::s3_access::record;
use crate::logs::s3_access::time;

/// The value of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Null,
    Text(&'a str),
    Number(i64),
    /// Microseconds since 1970.
    Time(i64),
}

/// The values of a line or record, in the order of a line's fields.
pub(super) type Values<'a> = [Value<'a>; FIELDS];

/// What is to be known of a line besides its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Notes<'a> {
    /// How many of the known fields it has.
    pub(super) columns: usize,
    /// The fields behind those, verbatim.
    pub(super) fields: Vec<Cow<'a, str>>,
    /// The key as it was written.
    pub(super) key: Option<Cow<'a, str>>,
    /// The time as it was written, without its brackets.
    pub(super) request_time: Option<Cow<'a, str>>,
    /// Blanks and carriage returns at its end.
    pub(super) end: Cow<'a, str>,
}

/// Appends a line, without a line feed.
pub(super) fn write_line(values: &Values<'_>, notes: &Notes<'_>, out: &mut Vec<u8>) {
    let in_quotes = |text: &str, out: &mut Vec<u8>| {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    };
    for (at, value) in values.iter().enumerate().take(notes.columns) {
        if at > 0 {
            out.push(b' ');
        }
        if at == Field::RequestTime.at() {
            out.push(b'[');
            match (&notes.request_time, value) {
                (Some(written), _) => out.extend_from_slice(written.as_bytes()),
                (None, Value::Time(micros)) => time::write(*micros, out),
                _ => out.push(b'-'),
            }
            out.push(b']');
            continue;
        }
        let header = at == Field::Referer.at() || at == Field::UserAgent.at();
        match value {
            Value::Text(_) if at == Field::Key.at() && notes.key.is_some() => {
                out.extend_from_slice(notes.key.as_deref().unwrap_or_default().as_bytes());
            }
            Value::Text(text) if at == Field::Key.at() => key::encode(text, out),
            Value::Text(text) if header || at == Field::RequestUri.at() => in_quotes(text, out),
            Value::Text(text) => out.extend_from_slice(text.as_bytes()),
            Value::Number(number) | Value::Time(number) => {
                // Writing into memory cannot fail.
                let _ = write!(out, "{number}");
            }
            // S3 quotes the dash of a header as well, but not where there was no HTTP request at all.
            Value::Null if header && values[Field::RequestUri.at()] != Value::Null => in_quotes("-", out),
            Value::Null => out.push(b'-'),
        }
    }
    for field in &notes.fields {
        out.push(b' ');
        out.extend_from_slice(field.as_bytes());
    }
    out.extend_from_slice(notes.end.as_bytes());
}

/// Appends the `unmapped` of a line; nothing if there is nothing to say.
///
/// `line` is the whole line if the rest will not do, `bytes` the line if it is not UTF-8.
pub(super) fn write_unmapped(notes: &Notes<'_>, line: Option<&str>, bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    let begin = |name: &str, out: &mut Vec<u8>| {
        out.extend_from_slice(if out.is_empty() { b"{\"" } else { b",\"" });
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
    };
    let member = |name: &str, text: &str, out: &mut Vec<u8>| {
        begin(name, out);
        json::write_text(out, text);
    };
    if !notes.fields.is_empty() {
        begin("fields", out);
        for (at, field) in notes.fields.iter().enumerate() {
            out.push(if at == 0 { b'[' } else { b',' });
            json::write_text(out, field);
        }
        out.push(b']');
    }
    match line {
        Some(line) => member("line", line, out),
        None => {
            if notes.columns < FIELDS {
                begin("columns", out);
                let _ = write!(out, "{}", notes.columns);
            }
            for (name, written) in [("key", &notes.key), ("request_time", &notes.request_time)] {
                if let Some(written) = written {
                    member(name, written, out);
                }
            }
            if !notes.end.is_empty() {
                member("end", &notes.end, out);
            }
        }
    }
    if let Some(bytes) = bytes {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        member("line_hex", &hex, out);
    }
    if !out.is_empty() {
        out.push(b'}');
    }
}

/// What an `unmapped` says.
enum Said<'a> {
    /// The row is a JSON record.
    Record,
    /// The whole line.
    Line(Cow<'a, str>),
    Notes(Notes<'a>),
}

fn said(unmapped: Option<&str>) -> Said<'_> {
    let mut notes = Notes { columns: FIELDS, ..Notes::default() };
    let bytes = unmapped.unwrap_or_default().as_bytes();
    let mut line = None;
    for member in Members::new(bytes, 0).map_while(Result::ok) {
        let value = member.value.of(bytes);
        let Some(name) = json::text(member.key.of(bytes)) else { continue };
        match name.as_ref() {
            record::MARK => return Said::Record,
            "line" => line = json::text(value),
            "columns" => {
                notes.columns = std::str::from_utf8(value).map_or(FIELDS, |n| n.parse().unwrap_or(FIELDS))
            }
            "fields" => {
                notes.fields = Members::new(value, 0)
                    .map_while(Result::ok)
                    .filter_map(|field| json::text(field.value.of(value)))
                    .collect();
            }
            "key" => notes.key = json::text(value),
            "request_time" => notes.request_time = json::text(value),
            "end" => notes.end = json::text(value).unwrap_or_default(),
            _ => {}
        }
    }
    line.map_or(Said::Notes(notes), Said::Line)
}

/// The columns that [`rebuild`] takes, in its order.
pub(super) fn inputs() -> Vec<&'static str> {
    KNOWN.iter().map(|known| known.column).chain(["unmapped"]).collect()
}

/// Writes the line or record of each row.
///
/// # Errors
/// The columns are not those of [`inputs`], or not of their types.
pub(super) fn rebuild(columns: &[ArrayRef], rows: usize) -> Result<StringViewArray, ArrowError> {
    let Some((unmapped, fields)) = columns.split_last().filter(|(_, fields)| fields.len() == FIELDS) else {
        return Err(ArrowError::InvalidArgumentError("the columns of a record are missing".to_owned()));
    };
    let unmapped = cast(unmapped, &DataType::Utf8View)?;
    let unmapped = unmapped.as_string_view();
    let fields = fields.iter().zip(&KNOWN).map(|(array, known)| Column::new(array, known.kind));
    let fields = fields.collect::<Result<Vec<_>, _>>()?;
    let mut built = StringViewBuilder::with_capacity(rows);
    let mut out = Vec::new();
    for row in 0..rows {
        out.clear();
        let mut values = [Value::Null; FIELDS];
        for (value, column) in values.iter_mut().zip(&fields) {
            *value = column.value(row);
        }
        let unmapped = unmapped.is_valid(row).then(|| unmapped.value(row));
        match said(unmapped) {
            Said::Record => record::write(&values, unmapped.unwrap_or_default(), &mut out),
            Said::Line(line) => out.extend_from_slice(line.as_bytes()),
            Said::Notes(notes) => write_line(&values, &notes, &mut out),
        }
        built.append_value(String::from_utf8_lossy(&out));
    }
    Ok(built.finish())
}

/// The values of one column.
enum Column {
    Text(StringViewArray),
    Number(Int64Array),
    Time(TimestampMicrosecondArray),
}

impl Column {
    fn new(array: &ArrayRef, kind: ColumnType) -> Result<Self, ArrowError> {
        Ok(match kind {
            ColumnType::Integer | ColumnType::Long => {
                Self::Number(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            ColumnType::Timestamp => {
                let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
                Self::Time(cast(array, &micros)?.as_primitive::<TimestampMicrosecondType>().clone())
            }
            _ => Self::Text(cast(array, &DataType::Utf8View)?.as_string_view().clone()),
        })
    }

    fn value(&self, row: usize) -> Value<'_> {
        match self {
            Self::Text(array) if array.is_valid(row) => Value::Text(array.value(row)),
            Self::Number(array) if array.is_valid(row) => Value::Number(array.value(row)),
            Self::Time(array) if array.is_valid(row) => Value::Time(array.value(row)),
            _ => Value::Null,
        }
    }
}
