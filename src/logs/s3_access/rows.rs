//! Turns lines and JSON records into rows: one Arrow builder a column.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::array::Date32Builder;
use arrow::array::Int32Builder;
use arrow::array::Int64Builder;
use arrow::array::RecordBatch;
use arrow::array::StringArray;
use arrow::array::StringBuilder;
use arrow::array::TimestampMicrosecondBuilder;
use arrow::datatypes::SchemaRef;

use crate::logs;
use crate::logs::ColumnType;
use crate::logs::arn::role_of_session;
use crate::logs::s3_access::columns::BEFORE_PRINCIPAL;
use crate::logs::s3_access::columns::COLUMNS;
use crate::logs::s3_access::columns::FIELDS;
use crate::logs::s3_access::columns::Field;
use crate::logs::s3_access::columns::KNOWN;
use crate::logs::s3_access::columns::ORDER;
use crate::logs::s3_access::key;
use crate::logs::s3_access::line::Line;
use crate::logs::s3_access::rebuild;
use crate::logs::s3_access::rebuild::Notes;
use crate::logs::s3_access::rebuild::Value;
use crate::logs::s3_access::rebuild::Values;
use crate::logs::s3_access::record::Record;
use crate::logs::s3_access::time;

/// A batch ends at this many rows, or at this many bytes of records.
const BATCH_ROWS: usize = 8_192;
const BATCH_BYTES: usize = 16 << 20;

/// A line has about so many bytes.
const LINE_BYTES: usize = 512;

const DAY_MICROS: i64 = 86_400_000_000;

/// The builder of a field's column.
#[derive(Debug)]
enum Builder {
    Text(StringBuilder),
    Integer(Int32Builder),
    Long(Int64Builder),
    Time(TimestampMicrosecondBuilder),
}

/// The rows of one object.
#[derive(Debug)]
pub(super) struct Rows {
    schema: SchemaRef,
    source_file: String,
    /// In the order of a line's fields.
    fields: Vec<Builder>,
    principal: StringBuilder,
    unmapped: StringBuilder,
    source_line: Int32Builder,
    event_date: Date32Builder,
    /// Used again for each row.
    rebuilt: Vec<u8>,
    rest: Vec<u8>,
    rows: usize,
    bytes: usize,
    pub(super) first_event_time: Option<i64>,
    pub(super) last_event_time: Option<i64>,
    pub(super) batches: Vec<RecordBatch>,
}

impl Rows {
    /// Makes builders for the records of an object of `size` bytes; most objects are small.
    pub(super) fn new(source_file: &str, size: usize) -> Self {
        let rows = (size / LINE_BYTES + 1).min(BATCH_ROWS);
        let text = || StringBuilder::with_capacity(rows, 0);
        let builder = |known: &logs::s3_access::columns::Known| match known.kind {
            ColumnType::Integer => Builder::Integer(Int32Builder::with_capacity(rows)),
            ColumnType::Long => Builder::Long(Int64Builder::with_capacity(rows)),
            ColumnType::Timestamp => {
                Builder::Time(TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC"))
            }
            _ => Builder::Text(text()),
        };
        Self {
            schema: logs::schema(&COLUMNS),
            source_file: source_file.to_owned(),
            fields: KNOWN.iter().map(builder).collect(),
            principal: text(),
            unmapped: text(),
            source_line: Int32Builder::with_capacity(rows),
            event_date: Date32Builder::with_capacity(rows),
            rebuilt: Vec::new(),
            rest: Vec::new(),
            rows: 0,
            bytes: 0,
            first_event_time: None,
            last_event_time: None,
            batches: Vec::new(),
        }
    }

    /// Adds a line. `text` is the whole of it, `bytes` what it was read from if that is not UTF-8.
    pub(super) fn push_line(&mut self, line: &Line<'_>, text: &str, bytes: Option<&[u8]>, number: usize) {
        let raw_key = line.values[Field::Key.at()];
        let key = raw_key.map(key::decode);
        let mut values = [Value::Null; FIELDS];
        for (at, value) in values.iter_mut().enumerate() {
            let Some(text) = line.values[at] else { continue };
            *value = match KNOWN[at].kind {
                ColumnType::Timestamp => time::read(text).map_or(Value::Null, Value::Time),
                kind @ (ColumnType::Integer | ColumnType::Long) => {
                    let number = text.parse::<i64>().ok();
                    let number =
                        number.filter(|number| kind == ColumnType::Long || i32::try_from(*number).is_ok());
                    number.map_or(Value::Null, Value::Number)
                }
                _ if at == Field::Key.at() => key.as_deref().map_or(Value::Null, Value::Text),
                _ => Value::Text(text),
            };
        }
        let notes = self.notes(line, &values, raw_key);
        self.rebuilt.clear();
        rebuild::write_line(&values, &notes, &mut self.rebuilt);
        let differs = (self.rebuilt != text.as_bytes()).then_some(text);
        let mut rest = std::mem::take(&mut self.rest);
        rest.clear();
        rebuild::write_unmapped(&notes, differs, bytes, &mut rest);
        self.push(&values, &rest, number, text.len());
        self.rest = rest;
    }

    /// What the columns do not say of a line.
    fn notes<'a>(&mut self, line: &Line<'a>, values: &Values<'_>, raw_key: Option<&'a str>) -> Notes<'a> {
        let mut notes = Notes { columns: line.count, end: line.end.into(), ..Notes::default() };
        let mut extra = line.extra;
        while !extra.is_empty() {
            let field = first_field(extra);
            notes.fields.push(field.into());
            extra = extra.get(field.len() + 1..).unwrap_or_default();
        }
        if let (Some(raw), Value::Text(key)) = (raw_key, values[Field::Key.at()]) {
            self.rebuilt.clear();
            key::encode(key, &mut self.rebuilt);
            notes.key = (self.rebuilt != raw.as_bytes()).then_some(raw.into());
        }
        if let Some(raw) = line.values[Field::RequestTime.at()] {
            self.rebuilt.clear();
            if let Value::Time(micros) = values[Field::RequestTime.at()] {
                time::write(micros, &mut self.rebuilt);
            }
            notes.request_time = (self.rebuilt != raw.as_bytes()).then_some(raw.into());
        }
        notes
    }

    /// Adds a JSON record of so many bytes.
    pub(super) fn push_record(&mut self, record: &Record<'_>, number: usize, size: usize) {
        self.push(&record.values(), &record.unmapped, number, size);
    }

    fn push(&mut self, values: &Values<'_>, unmapped: &[u8], number: usize, size: usize) {
        for (builder, value) in self.fields.iter_mut().zip(values) {
            match (builder, value) {
                (Builder::Text(builder), Value::Text(text)) => builder.append_value(text),
                (Builder::Text(builder), _) => builder.append_null(),
                (Builder::Integer(builder), Value::Number(number)) => {
                    builder.append_option(i32::try_from(*number).ok());
                }
                (Builder::Integer(builder), _) => builder.append_null(),
                (Builder::Long(builder), Value::Number(number)) => builder.append_value(*number),
                (Builder::Long(builder), _) => builder.append_null(),
                (Builder::Time(builder), Value::Time(micros)) => builder.append_value(*micros),
                (Builder::Time(builder), _) => builder.append_null(),
            }
        }
        self.principal.append_option(match values[Field::Requester.at()] {
            Value::Text(requester) => principal(requester),
            _ => None,
        });
        match unmapped {
            [] => self.unmapped.append_null(),
            // It is made of texts and of JSON values cut from a text.
            unmapped => self.unmapped.append_value(String::from_utf8_lossy(unmapped)),
        }
        self.source_line.append_value(i32::try_from(number).unwrap_or(i32::MAX));
        let time = match values[Field::RequestTime.at()] {
            Value::Time(micros) => Some(micros),
            _ => None,
        };
        self.event_date.append_option(time.and_then(|time| i32::try_from(time.div_euclid(DAY_MICROS)).ok()));
        self.first_event_time = self.first_event_time.into_iter().chain(time).min();
        self.last_event_time = self.last_event_time.into_iter().chain(time).max();
        self.rows += 1;
        self.bytes += size;
        if self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES {
            self.flush();
        }
    }

    /// Ends a batch.
    pub(super) fn flush(&mut self) {
        if self.rows == 0 {
            return;
        }
        let arrays = self.fields.iter_mut().map(|builder| -> ArrayRef {
            match builder {
                Builder::Text(builder) => Arc::new(builder.finish()),
                Builder::Integer(builder) => Arc::new(builder.finish()),
                Builder::Long(builder) => Arc::new(builder.finish()),
                Builder::Time(builder) => Arc::new(builder.finish()),
            }
        });
        let arrays: Vec<ArrayRef> = arrays.collect();
        let mut columns: Vec<ArrayRef> = ORDER.iter().map(|field| Arc::clone(&arrays[field.at()])).collect();
        columns.insert(BEFORE_PRINCIPAL, Arc::new(self.principal.finish()));
        columns.push(Arc::new(self.unmapped.finish()));
        let source_files = std::iter::repeat_n(&self.source_file, self.rows);
        columns.push(Arc::new(StringArray::from_iter_values(source_files)));
        columns.push(Arc::new(self.source_line.finish()));
        columns.push(Arc::new(self.event_date.finish()));
        // The columns stand in the schema's order and have one value a row, so this cannot fail.
        self.batches.extend(RecordBatch::try_new(Arc::clone(&self.schema), columns));
        self.rows = 0;
        self.bytes = 0;
    }
}

/// The first of the fields behind the known ones: in quotes, or up to a blank.
fn first_field(extra: &str) -> &str {
    let bytes = extra.as_bytes();
    let ends = |at: &usize| matches!(bytes.get(at + 1), Some(b' ') | None);
    let quote = match bytes {
        [b'"', inside @ ..] => memchr::memchr_iter(b'"', inside).map(|at| at + 1).find(ends),
        _ => None,
    };
    let blank = || memchr::memchr(b' ', bytes).unwrap_or(bytes.len());
    extra.get(..quote.map_or_else(blank, |quote| quote + 1)).unwrap_or(extra)
}

/// One stable name for who asked, as CloudTrail's `principal` has it: for the ARN of a role's session the role's
/// ARN; any other ARN, a canonical id, or a service (`svc:...`) as it stands.
///
/// None if nobody signed the request, for which logs of 2006 say `Anonymous`. A canonical id stays what it is: it
/// stands for an account, or its root user, and the log does not tell which account.
fn principal(requester: &str) -> Option<Cow<'_, str>> {
    (requester != "Anonymous").then(|| role_of_session(requester).map_or(requester.into(), Cow::Owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_its_role() {
        for (requester, name) in [
            ("arn:aws:iam::111122223333:user/ann", Some("arn:aws:iam::111122223333:user/ann")),
            (
                "arn:aws-cn:sts::111122223333:assumed-role/Deploy/ci@x",
                Some("arn:aws-cn:iam::111122223333:role/Deploy"),
            ),
            (
                "arn:aws:sts::111122223333:federated-user/bob",
                Some("arn:aws:sts::111122223333:federated-user/bob"),
            ),
            ("79a59df900b949e55d96", Some("79a59df900b949e55d96")),
            ("svc:cloudtrail.amazonaws.com", Some("svc:cloudtrail.amazonaws.com")),
            ("Anonymous", None),
        ] {
            assert_eq!(principal(requester).as_deref(), name, "{requester}");
        }
    }

    #[test]
    fn extra_fields_may_stand_in_quotes() {
        assert_eq!(first_field("a b"), "a");
        assert_eq!(first_field(r#""a b" c"#), r#""a b""#);
        assert_eq!(first_field(r#""a"b" c"#), r#""a"b""#);
        assert_eq!(first_field(r#""a b c"#), r#""a"#);
        assert_eq!(first_field(" b"), "");
    }
}
