//! Turns records into rows: one Arrow builder a column.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::array::BooleanBuilder;
use arrow::array::Date32Builder;
use arrow::array::Int32Builder;
use arrow::array::ListBuilder;
use arrow::array::RecordBatch;
use arrow::array::StringBuilder;
use arrow::array::TimestampMicrosecondBuilder;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::SchemaRef;

use crate::logs;
use crate::logs::cloudtrail::columns::COLUMNS;
use crate::logs::cloudtrail::columns::FIELDS;
use crate::logs::cloudtrail::columns::FIELDS_BEFORE_WHO;
use crate::logs::cloudtrail::columns::Slot;
use crate::logs::cloudtrail::columns::Spelling;
use crate::logs::cloudtrail::derive;
use crate::logs::cloudtrail::facts::Facts;
use crate::logs::cloudtrail::record::Record;
use crate::logs::json;

/// A batch ends at this many rows, or at this many bytes of records.
const BATCH_ROWS: usize = 8_192;
const BATCH_BYTES: usize = 16 << 20;

/// A record has about so many bytes.
const RECORD_BYTES: usize = 1_024;

const DAY_MICROS: i64 = 86_400_000_000;

/// The builder of a field's column.
#[derive(Debug)]
enum Builder {
    Text(StringBuilder),
    Flag(BooleanBuilder),
    Time(TimestampMicrosecondBuilder),
}

/// A field's column. Most fields are absent from most records: their nulls are added when a value follows.
#[derive(Debug)]
struct Column {
    builder: Builder,
    /// The rows it has, nulls that are still to be added left out.
    rows: usize,
}

impl Column {
    /// Adds the nulls that are missing before a row.
    #[inline]
    fn fill(&mut self, rows: usize) {
        let missing = rows - self.rows;
        if missing > 0 {
            match &mut self.builder {
                Builder::Text(builder) => builder.append_nulls(missing),
                Builder::Flag(builder) => builder.append_nulls(missing),
                Builder::Time(builder) => builder.append_nulls(missing),
            }
        }
        self.rows = rows;
    }

    /// Gives the column of so many rows, and begins another that will have about `next` as much of them.
    fn finish(&mut self, rows: usize, next: Share) -> ArrayRef {
        self.fill(rows);
        self.rows = 0;
        match &mut self.builder {
            Builder::Text(builder) => finish_text(builder, next),
            Builder::Flag(builder) => Arc::new(builder.finish()),
            Builder::Time(builder) => Arc::new(builder.finish()),
        }
    }
}

/// What is still to come of an object, beside what has come since the last batch.
#[derive(Clone, Copy, Debug)]
struct Share {
    left: usize,
    done: usize,
}

impl Share {
    fn of(self, amount: usize) -> usize {
        if self.left >= self.done { amount } else { amount * self.left / self.done.max(1) }
    }
}

/// Gives the column, and makes room at once for one like it: growing by and by would copy all of it.
fn finish_text(builder: &mut StringBuilder, next: Share) -> ArrayRef {
    let (rows, bytes) = (builder.offsets_slice().len() - 1, builder.values_slice().len());
    let room = StringBuilder::with_capacity(next.of(rows), next.of(bytes));
    Arc::new(std::mem::replace(builder, room).finish())
}

/// The rows of one object.
#[derive(Debug)]
pub(super) struct Rows {
    schema: SchemaRef,
    source_file: String,
    path_account: Option<String>,
    fields: Vec<Column>,
    account_id: StringBuilder,
    principal: StringBuilder,
    session_name: StringBuilder,
    outcome: StringBuilder,
    resource_arns: ListBuilder<StringBuilder>,
    issued_access_key_id: StringBuilder,
    unmapped: StringBuilder,
    source_index: Int32Builder,
    event_date: Date32Builder,
    /// Used again for each record.
    arns: Vec<String>,
    rows: usize,
    bytes: usize,
    /// Bytes of the object that no batch has yet.
    left: usize,
    first_event_time: Option<i64>,
    last_event_time: Option<i64>,
    batches: Vec<RecordBatch>,
}

/// What [`Rows::finish`] gives back.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) batches: Vec<RecordBatch>,
    pub(super) first_event_time: Option<i64>,
    pub(super) last_event_time: Option<i64>,
}

impl Rows {
    /// Makes builders for the records of an object of `size` bytes: most objects are small, and sixty builders of the
    /// usual capacity would take more memory than their rows.
    pub(super) fn new(source_file: &str, size: usize) -> Self {
        let rows = (size / RECORD_BYTES + 1).min(BATCH_ROWS);
        let text = || StringBuilder::with_capacity(rows, 0);
        let builder = |field: &crate::logs::cloudtrail::columns::Field| match field.spelling {
            Spelling::Text | Spelling::Json => Builder::Text(text()),
            Spelling::Flag | Spelling::FlagText => Builder::Flag(BooleanBuilder::with_capacity(rows)),
            Spelling::Time => {
                Builder::Time(TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC"))
            }
        };
        Self {
            schema: logs::schema(&COLUMNS),
            source_file: source_file.to_owned(),
            path_account: account_in(source_file).map(str::to_owned),
            fields: FIELDS.iter().map(|field| Column { builder: builder(field), rows: 0 }).collect(),
            account_id: text(),
            principal: text(),
            session_name: text(),
            outcome: text(),
            resource_arns: ListBuilder::with_capacity(text(), rows).with_field(Field::new(
                "element",
                DataType::Utf8,
                true,
            )),
            issued_access_key_id: text(),
            unmapped: text(),
            source_index: Int32Builder::with_capacity(rows),
            event_date: Date32Builder::with_capacity(rows),
            arns: Vec::new(),
            rows: 0,
            bytes: 0,
            left: size,
            first_event_time: None,
            last_event_time: None,
            batches: Vec::new(),
        }
    }

    /// Adds the record that stands at `at` in `input`, of which `text` is the UTF-8 text.
    pub(super) fn push(&mut self, record: &Record, at: usize, text: &str, index: usize) {
        let piece = |slot: usize| {
            let span = record.span(slot)?;
            text.get(span.start - at..span.end - at)
        };
        let mut texts: [Option<Cow<'_, str>>; FIELDS.len()] = [const { None }; FIELDS.len()];
        let mut filled = record.filled();
        while filled != 0 {
            let slot = filled.trailing_zeros() as usize;
            filled &= filled - 1;
            let Some(column) = self.fields.get_mut(slot) else { break };
            column.fill(self.rows);
            column.rows += 1;
            match &mut column.builder {
                Builder::Text(builder) => {
                    texts[slot] = match FIELDS[slot].spelling {
                        Spelling::Json => piece(slot).map(Cow::Borrowed),
                        _ if record.is_escaped(slot) => piece(slot).and_then(json::decode),
                        // Nothing but quotes around it.
                        _ => piece(slot).and_then(|raw| raw.get(1..raw.len() - 1)).map(Cow::Borrowed),
                    };
                    builder.append_option(texts[slot].as_deref());
                }
                Builder::Flag(builder) => builder.append_option(record.flag(slot)),
                Builder::Time(builder) => builder.append_option(record.time(slot)),
            }
        }
        self.derive(&facts(&texts));
        let unmapped = record.unmapped();
        if unmapped.is_empty() {
            self.unmapped.append_null();
        } else {
            // It was cut from the record, which is UTF-8, at the ends of JSON values.
            let inner = String::from_utf8_lossy(unmapped);
            for part in ["{", &inner, "}"] {
                let _ = std::fmt::Write::write_str(&mut self.unmapped, part);
            }
            self.unmapped.append_value("");
        }
        self.source_index.append_value(i32::try_from(index).unwrap_or(i32::MAX));
        let time = record.time(Slot::EventTime.index());
        self.event_date.append_option(time.and_then(|time| i32::try_from(time.div_euclid(DAY_MICROS)).ok()));
        self.first_event_time = self.first_event_time.into_iter().chain(time).min();
        self.last_event_time = self.last_event_time.into_iter().chain(time).max();
        self.rows += 1;
        self.bytes += text.len();
        if self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES {
            self.flush();
        }
    }

    fn derive(&mut self, facts: &Facts<'_>) {
        let account = facts.recipient_account_id.as_deref().or(facts.user_account_id.as_deref());
        self.account_id.append_option(account.or(self.path_account.as_deref()));
        self.principal.append_option(derive::principal(facts));
        self.session_name.append_option(derive::session_name(facts));
        self.outcome.append_value(derive::outcome(facts));
        self.issued_access_key_id.append_option(derive::issued_access_key_id(facts));
        self.arns.clear();
        crate::logs::cloudtrail::resources::resource_arns(facts, &mut self.arns);
        for arn in &self.arns {
            self.resource_arns.values().append_value(arn);
        }
        self.resource_arns.append(!self.arns.is_empty());
    }

    fn flush(&mut self) {
        if self.rows == 0 {
            return;
        }
        let source_files =
            arrow::array::StringArray::from_iter_values(std::iter::repeat_n(&self.source_file, self.rows));
        self.left = self.left.saturating_sub(self.bytes);
        let next = Share { left: self.left, done: self.bytes };
        let mut fields = self.fields.iter_mut().map(|column| column.finish(self.rows, next));
        let mut columns: Vec<ArrayRef> = fields.by_ref().take(FIELDS_BEFORE_WHO).collect();
        for builder in [&mut self.account_id, &mut self.principal, &mut self.session_name, &mut self.outcome]
        {
            columns.push(finish_text(builder, next));
        }
        columns.extend(fields);
        columns.push(Arc::new(self.resource_arns.finish()));
        columns.push(Arc::new(self.issued_access_key_id.finish()));
        columns.push(Arc::new(self.unmapped.finish()));
        columns.push(Arc::new(source_files));
        columns.push(Arc::new(self.source_index.finish()));
        columns.push(Arc::new(self.event_date.finish()));
        // The columns stand in the schema's order and have one value a row, so this cannot fail.
        self.batches.extend(RecordBatch::try_new(Arc::clone(&self.schema), columns));
        self.rows = 0;
        self.bytes = 0;
    }

    pub(super) fn finish(mut self) -> Finished {
        self.flush();
        Finished {
            batches: self.batches,
            first_event_time: self.first_event_time,
            last_event_time: self.last_event_time,
        }
    }
}

/// What the derivations look at, from the decoded fields.
fn facts<'a>(texts: &'a [Option<Cow<'a, str>>; FIELDS.len()]) -> Facts<'a> {
    let text = |slot: Slot| texts[slot.index()].as_deref().map(Cow::Borrowed);
    let raw = |slot: Slot| texts[slot.index()].as_deref().map(str::as_bytes);
    Facts {
        event_source: text(Slot::EventSource),
        event_name: text(Slot::EventName),
        event_type: text(Slot::EventType),
        error_code: text(Slot::ErrorCode),
        error_message: text(Slot::ErrorMessage),
        aws_region: text(Slot::AwsRegion),
        recipient_account_id: text(Slot::RecipientAccountId),
        principal_type: text(Slot::PrincipalType),
        user_name: text(Slot::UserName),
        user_arn: text(Slot::UserArn),
        user_principal_id: text(Slot::UserPrincipalId),
        user_account_id: text(Slot::UserAccountId),
        access_key_id: text(Slot::AccessKeyId),
        invoked_by: text(Slot::InvokedBy),
        identity_provider: text(Slot::IdentityProvider),
        credential_id: text(Slot::CredentialId),
        on_behalf_of_user_id: text(Slot::OnBehalfOfUserId),
        on_behalf_of_identity_store_arn: text(Slot::OnBehalfOfIdentityStoreArn),
        issuer_type: text(Slot::IssuerType),
        issuer_arn: text(Slot::IssuerArn),
        issuer_principal_id: text(Slot::IssuerPrincipalId),
        issuer_account_id: text(Slot::IssuerAccountId),
        issuer_user_name: text(Slot::IssuerUserName),
        source_ip: text(Slot::SourceIp),
        request_parameters: raw(Slot::RequestParameters),
        response_elements: raw(Slot::ResponseElements),
        additional_event_data: raw(Slot::AdditionalEventData),
        service_event_details: raw(Slot::ServiceEventDetails),
        resources: raw(Slot::Resources),
    }
}

/// The account that the path of a delivery names: the folder before `CloudTrail...`, or the file name's start.
pub(super) fn account_in(path: &str) -> Option<&str> {
    let parts: Vec<&str> = path.split('/').collect();
    let is_account = |part: &str| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit());
    let folder = parts.windows(2).rev().find(|pair| pair[1].starts_with("CloudTrail") && is_account(pair[0]));
    if let Some(pair) = folder {
        return Some(pair[0]);
    }
    let name = parts.last()?.split('_').next()?;
    is_account(name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::account_in;

    #[test]
    fn the_account_is_read_from_the_path() {
        let delivery = "s3://b/AWSLogs/o-abc/111122223333/CloudTrail/eu-west-1/2026/09/17/444455556666_CloudTrail_x.json.gz";
        assert_eq!(account_in(delivery), Some("111122223333"));
        assert_eq!(
            account_in("file:///x/444455556666_CloudTrail_us-east-1_20230710T1145Z_a.json"),
            Some("444455556666")
        );
        assert_eq!(account_in("file:///x/12345_y.json"), None);
    }
}
