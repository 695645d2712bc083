//! Tests of the lake: what they share.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::array::Date32Array;
use arrow::array::Int64Array;
use arrow::array::ListBuilder;
use arrow::array::RecordBatch;
use arrow::array::StringArray;
use arrow::array::StringBuilder;
use arrow::array::TimestampMicrosecondArray;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::util::pretty::pretty_format_batches;
use chrono::DateTime;
use chrono::Utc;
use datafusion::execution::context::SessionContext;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use url::Url;

use crate::lake::Lake;
use crate::lake::Limits;
use crate::lake::Object;
use crate::lake::Snapshot;
use crate::lake::Source;
use crate::lake::Status;
use crate::lake::Writer;
use crate::logs::Column;
use crate::logs::ColumnType;
use crate::logs::Log;
use crate::logs::Parsed;
use crate::logs::Reject;
use crate::logs::schema;
use crate::storage::Location;

mod crash;
mod read;
mod upkeep;
mod write;

#[derive(Debug)]
struct Doors;

const fn column(name: &'static str, kind: ColumnType, needle: bool) -> Column {
    Column { name, kind, comment: "a column for tests", needle }
}

const DOORS_COLUMNS: &[Column] = &[
    column("event_time", ColumnType::Timestamp, false),
    column("account_id", ColumnType::Text, false),
    column("event_id", ColumnType::Text, true),
    column("detail", ColumnType::Json, false),
    column("names", ColumnType::TextList, false),
    column("number", ColumnType::Long, false),
    column("source_file", ColumnType::Text, false),
    column("event_date", ColumnType::Date, false),
];

impl Log for Doors {
    fn about(&self) -> &'static str {
        "a log of the tests"
    }

    fn read(&self, _source_file: &str, _bytes: &[u8]) -> Parsed {
        Parsed::default()
    }

    fn name(&self) -> &'static str {
        "doors"
    }

    fn columns(&self) -> &'static [Column] {
        DOORS_COLUMNS
    }

    fn sort_columns(&self) -> &'static [&'static str] {
        &["account_id", "event_time"]
    }

    fn derivations_version(&self) -> u32 {
        1
    }
}

static DOORS: Doors = Doors;
static LOGS: &[&dyn Log] = &[&DOORS];

const DAY: i64 = 86_400_000_000;

/// An event: its number, its account, its time in microseconds.
type Event = (i64, Option<&'static str>, Option<i64>);

/// Identifiers are in no order, as real ones are.
fn identifier(number: i64) -> String {
    format!("{:016x}", (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn rows(url: &str, events: &[Event]) -> RecordBatch {
    let times = events.iter().map(|event| event.2);
    let mut names =
        ListBuilder::new(StringBuilder::new()).with_field(Field::new("element", DataType::Utf8, true));
    for (number, _, _) in events {
        names.append_option((*number != 0).then(|| [Some(format!("name {number}")), None]));
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(times.clone().collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        Arc::new(events.iter().map(|event| event.1).collect::<StringArray>()),
        Arc::new(events.iter().map(|event| Some(identifier(event.0))).collect::<StringArray>()),
        Arc::new(events.iter().map(|event| Some(format!("{{\"n\":{}}}", event.0))).collect::<StringArray>()),
        Arc::new(names.finish()),
        Arc::new(events.iter().map(|event| Some(event.0)).collect::<Int64Array>()),
        Arc::new(events.iter().map(|_| Some(url)).collect::<StringArray>()),
        Arc::new(times.map(|time| time.map(|time| time.div_euclid(DAY) as i32)).collect::<Date32Array>()),
    ];
    RecordBatch::try_new(schema(DOORS_COLUMNS), columns).unwrap()
}

fn object(url: &str, events: &[Event], rejected: u64) -> Object {
    let reject = |position| Reject { position, reason: "damaged".into(), content: "{".into() };
    Object {
        source: Source {
            url: url.into(),
            log: Some("doors"),
            status: Status::Read,
            detail: None,
            size: 10,
            etag: Some("1".into()),
            last_modified: Some(5),
            sha256: None,
            records: events.len() as u64 + rejected,
            rejected,
            first_event_time: None,
            last_event_time: None,
        },
        batches: if events.is_empty() { Vec::new() } else { vec![rows(url, events)] },
        rejects: (0..rejected).map(reject).collect(),
        digest: None,
    }
}

/// An object with a handful of events over three days and a reject.
fn delivery(number: usize) -> Object {
    let time = number as i64 * 1_000_000;
    let events = [
        (1, Some("222"), Some(time)),
        (2, Some("111"), Some(time + DAY)),
        (3, None, None),
        (4, Some("111"), Some(time)),
    ];
    object(&format!("memory:///bucket/{number}.json"), &events, 1)
}

fn location(store: &Arc<dyn ObjectStore>) -> Location {
    Location::in_store(Url::parse("memory:///some%20folder/lake").unwrap(), Arc::clone(store)).unwrap()
}

fn memory() -> Arc<dyn ObjectStore> {
    Arc::new(InMemory::new())
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_800_000_000_000_000).unwrap()
}

async fn writer(store: &Arc<dyn ObjectStore>) -> crate::error::Result<Writer> {
    writer_at(&location(store)).await
}

async fn writer_at(location: &Location) -> crate::error::Result<Writer> {
    let lake = Lake::open_or_create(location, LOGS).await?;
    lake.writer(&DOORS, Limits::default()).await
}

async fn open(store: &Arc<dyn ObjectStore>) -> Lake {
    Lake::open(&location(store), LOGS).await.unwrap()
}

fn session(lake: &Lake, snapshot: &Snapshot) -> SessionContext {
    let session = SessionContext::new();
    lake.register(&session);
    for name in ["doors", "sources", "rejects"] {
        session.register_table(name, snapshot.table(name).unwrap()).unwrap();
    }
    session
}

async fn ask(session: &SessionContext, sql: &str) -> String {
    let batches = session.sql(sql).await.unwrap().collect().await.unwrap();
    pretty_format_batches(&batches).unwrap().to_string()
}

/// All that a lake holds, as one text; equal lakes give equal texts.
async fn content(store: &Arc<dyn ObjectStore>) -> String {
    content_at(&location(store)).await
}

async fn content_at(location: &Location) -> String {
    let lake = Lake::open(location, LOGS).await.unwrap();
    let session = session(&lake, &lake.snapshot());
    let mut all = String::new();
    for sql in [
        "SELECT * FROM doors ORDER BY source_file, number",
        "SELECT url, status, records, rejected FROM sources ORDER BY url",
        "SELECT source_file, position, reason FROM rejects ORDER BY source_file, position",
    ] {
        all += &ask(&session, sql).await;
        all += "\n";
    }
    all
}
