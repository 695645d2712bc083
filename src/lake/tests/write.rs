//! What is written is read, once, whoever writes.

use arrow::array::AsArray;
use arrow::datatypes::TimestampMicrosecondType;
use futures::StreamExt;
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;
use crate::error::Kind;

#[tokio::test]
async fn types_nulls_and_rows_without_a_date_round_trip() {
    let store = memory();
    let mut writer = writer(&store).await.unwrap();
    let events = [(0, None, Some(-1)), (7, Some("1"), None), (8, Some("2"), Some(3 * DAY + 1_500))];
    let committed = writer.commit(vec![object("memory:///b/a", &events, 2)], now()).await.unwrap();
    assert_eq!((committed.rows, committed.rejected, committed.files, committed.version), (3, 2, 3, 1));
    let lake = open(&store).await;
    let session = session(&lake, &lake.snapshot());
    let sql = "SELECT event_time, account_id, event_id, detail, names, number, event_date FROM doors ORDER BY number";
    insta::assert_snapshot!(ask(&session, sql).await, @r#"
    +-----------------------------+------------+------------------+---------+------------+--------+------------+
    | event_time                  | account_id | event_id         | detail  | names      | number | event_date |
    +-----------------------------+------------+------------------+---------+------------+--------+------------+
    | 1969-12-31T23:59:59.999999Z |            | 9e3779b97f4a7c15 | {"n":0} |            | 0      | 1969-12-31 |
    |                             | 1          | f1bbcdcbfa53e0a8 | {"n":7} | [name 7, ] | 7      |            |
    | 1970-01-04T00:00:00.001500Z | 2          | 8ff34785799e5cbd | {"n":8} | [name 8, ] | 8      | 1970-01-04 |
    +-----------------------------+------------+------------------+---------+------------+--------+------------+
    "#);
    let sql =
        "SELECT url, log, status, size, etag, last_modified, records, rejected, ingested_at FROM sources";
    insta::assert_snapshot!(ask(&session, sql).await, @r"
    +---------------+-------+--------+------+------+-----------------------------+---------+----------+----------------------+
    | url           | log   | status | size | etag | last_modified               | records | rejected | ingested_at          |
    +---------------+-------+--------+------+------+-----------------------------+---------+----------+----------------------+
    | memory:///b/a | doors | read   | 10   | 1    | 1970-01-01T00:00:00.000005Z | 5       | 2        | 2027-01-15T08:00:00Z |
    +---------------+-------+--------+------+------+-----------------------------+---------+----------+----------------------+
    ");
    insta::assert_snapshot!(ask(&session, "SELECT * FROM rejects").await, @r"
    +---------------+----------+---------+---------+----------------------+
    | source_file   | position | reason  | content | ingested_at          |
    +---------------+----------+---------+---------+----------------------+
    | memory:///b/a | 0        | damaged | {       | 2027-01-15T08:00:00Z |
    | memory:///b/a | 1        | damaged | {       | 2027-01-15T08:00:00Z |
    +---------------+----------+---------+---------+----------------------+
    ");
    let snapshot = lake.snapshot();
    let (_, doors) = snapshot.tables().find(|(name, _)| *name == "doors").unwrap();
    assert_eq!(doors.rows, 3);
    assert_eq!(doors.days, [(None, 1), (Some(-1), 1), (Some(3), 1)].into());
}

#[tokio::test]
async fn a_file_is_sorted_and_says_so() {
    let store = memory();
    let mut writer = writer(&store).await.unwrap();
    writer.commit((0..50).rev().map(delivery).collect(), now()).await.unwrap();
    let folder = Path::from("some folder/lake/doors/event_date=1970-01-01");
    let files: Vec<_> = store.list(Some(&folder)).try_collect().await.unwrap();
    assert_eq!(files.len(), 1, "a day of a batch is one file");
    let bytes = store.get(&files[0].location).await.unwrap().bytes().await.unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
    let footer = reader.metadata().file_metadata().clone();
    let notes = footer.key_value_metadata().unwrap();
    assert!(notes.iter().any(|note| note.key == "trailql.derivations" && note.value.as_deref() == Some("1")));
    let group = reader.metadata().row_group(0);
    assert!(
        group.column(2).bloom_filter_offset().is_some() && group.column(1).bloom_filter_offset().is_none()
    );
    assert_eq!(group.sorting_columns().unwrap().len(), 2);
    let batch = reader.build().unwrap().next().unwrap().unwrap();
    assert_eq!(batch.num_rows(), 100);
    assert!(batch.column_by_name("event_date").is_none());
    let accounts = batch.column(1).as_string::<i32>();
    let times = batch.column(0).as_primitive::<TimestampMicrosecondType>();
    let keys: Vec<_> = accounts.iter().zip(times.iter()).collect();
    assert!(keys.is_sorted());
}

#[tokio::test]
async fn an_object_enters_once() {
    let store = memory();
    let mut first = writer(&store).await.unwrap();
    let committed = first.commit(vec![delivery(1), delivery(1), delivery(2)], now()).await.unwrap();
    assert_eq!(committed.already_in, ["memory:///bucket/1.json"]);
    assert_eq!(committed.rows, 8);
    let again = first.commit(vec![delivery(2), delivery(1)], now()).await.unwrap();
    assert_eq!((again.rows, again.already_in.len(), again.version), (0, 2, 1));
    let mut second = writer(&store).await.unwrap();
    assert!(second.known().contains("memory:///bucket/1.json", Some("1")));
    assert!(!second.known().contains("memory:///bucket/1.json", Some("2")));
    assert!(second.known().contains_url("memory:///bucket/1.json"));
    let third = second.commit(vec![delivery(3), delivery(2)], now()).await.unwrap();
    assert_eq!((third.rows, third.already_in.len(), third.version), (4, 1, 2));
    // The first writer has not seen that, and learns it from the conflict.
    let fourth = first.commit(vec![delivery(3), delivery(4)], now()).await.unwrap();
    assert_eq!((fourth.rows, fourth.already_in.len(), fourth.version), (4, 1, 3));
    assert!(first.known().contains("memory:///bucket/3.json", Some("1")));
}

#[tokio::test]
async fn objects_without_rows_are_in_the_ledger_too() {
    let store = memory();
    let mut writer = writer(&store).await.unwrap();
    let mut ignored = object("memory:///b/digest", &[], 0);
    ignored.source.status = Status::Ignored;
    ignored.source.log = None;
    let mut failed = object("memory:///b/failed", &[], 0);
    failed.source.status = Status::Failed;
    let committed = writer.commit(vec![ignored, failed.clone()], now()).await.unwrap();
    assert_eq!((committed.version, committed.files, committed.rows), (1, 0, 0));
    let known = writer.known();
    assert!(known.contains("memory:///b/digest", Some("1")));
    assert!(!known.contains("memory:///b/failed", Some("1")), "it is to be tried again");
    let again = writer.commit(vec![failed], now()).await.unwrap();
    assert_eq!(again.already_in.len(), 1, "a second failure is no news");
    let good = writer.commit(vec![object("memory:///b/failed", &[(1, None, None)], 0)], now()).await.unwrap();
    assert_eq!(good.rows, 1);
}

#[tokio::test]
async fn counts_that_do_not_add_up_are_refused() {
    let mut writer = writer(&memory()).await.unwrap();
    let mut wrong = delivery(1);
    wrong.source.records += 1;
    let error = writer.commit(vec![wrong], now()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
}

async fn many_writers(location: &Location) {
    let tasks = (0..8).map(|task| {
        let location = location.clone();
        tokio::spawn(async move {
            let mut writer = writer_at(&location).await.unwrap();
            let mut rows = 0;
            for batch in 0..6 {
                // Each batch overlaps with those of other tasks.
                let objects = (0..5).map(|at| delivery((task * 3 + batch * 4 + at) % 24)).collect();
                rows += writer.commit(objects, now()).await.unwrap().rows;
            }
            rows
        })
    });
    let rows: Vec<u64> = futures::stream::iter(tasks).buffer_unordered(8).try_collect().await.unwrap();
    assert_eq!(rows.iter().sum::<u64>(), 24 * 4);
    let clean = memory();
    writer(&clean).await.unwrap().commit((0..24).map(delivery).collect(), now()).await.unwrap();
    assert_eq!(content_at(location).await, content(&clean).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_in_memory_bring_each_object_once() {
    many_writers(&location(&memory())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_on_disk_bring_each_object_once() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("a lake, 100% new");
    many_writers(&crate::storage::local(place.to_str().unwrap()).unwrap()).await;
}

#[tokio::test]
async fn there_must_be_a_lake_to_open() {
    let error = Lake::open(&location(&memory()), LOGS).await.unwrap_err();
    assert_eq!(error.kind(), Kind::User);
    assert!(error.hint().unwrap().contains("ingest SOURCE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_opens_from_a_checkpoint() {
    let store = memory();
    let mut writer = writer(&store).await.unwrap();
    for number in 0..103 {
        writer.commit(vec![delivery(number)], now()).await.unwrap();
    }
    let checkpoint = Path::from("some folder/lake/doors/_delta_log/_last_checkpoint");
    store.head(&checkpoint).await.unwrap();
    let lake = open(&store).await;
    let summary = lake.snapshot().tables().last().unwrap().1;
    assert_eq!((summary.version, summary.rows, summary.files), (103, 412, 309));
    let before = content(&store).await;
    let mut writer = super::writer(&store).await.unwrap();
    let again = writer.commit((0..103).map(delivery).collect(), now()).await.unwrap();
    assert_eq!(again.rows, 0);
    assert_eq!(before, content(&store).await);
}

#[derive(Debug)]
struct LaterDoors;

impl Log for LaterDoors {
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
        const COLUMNS: &[Column] = &[
            column("event_time", ColumnType::Timestamp, false),
            column("account_id", ColumnType::Text, false),
            column("colour", ColumnType::Text, false),
            column("open", ColumnType::Boolean, false),
            column("number", ColumnType::Long, false),
            column("event_date", ColumnType::Date, false),
        ];
        COLUMNS
    }

    fn sort_columns(&self) -> &'static [&'static str] {
        &["account_id", "event_time"]
    }

    fn derivations_version(&self) -> u32 {
        2
    }
}

static LATER_DOORS: LaterDoors = LaterDoors;

#[tokio::test]
async fn columns_of_a_later_release_are_declared_and_null_in_older_files() {
    let store = memory();
    let mut old = writer(&store).await.unwrap();
    old.commit(vec![delivery(1)], now()).await.unwrap();
    let later: &[&dyn Log] = &[&LATER_DOORS];
    let lake = Lake::open(&location(&store), later).await.unwrap();
    let mut writer = lake.writer(&LATER_DOORS, Limits::default()).await.unwrap();
    let again = writer.commit(vec![delivery(1)], now()).await.unwrap();
    assert_eq!((again.version, again.rows), (2, 0));
    let log = Path::from("some folder/lake/doors/_delta_log/00000000000000000002.json");
    let commit = store.get(&log).await.unwrap().bytes().await.unwrap();
    let commit = String::from_utf8(commit.to_vec()).unwrap();
    assert!(
        commit.contains("metaData") && commit.contains("colour") && commit.contains("event_id"),
        "{commit}"
    );
    lake.refresh().await.unwrap();
    let session = session(&lake, &lake.snapshot());
    let sql =
        "SELECT count(*) AS n, count(colour) AS colours, count(open) AS opens, sum(number) AS sum FROM doors";
    let text = ask(&session, sql).await;
    assert!(text.contains("| 4 | 0       | 0     | 10  |"), "{text}");
    // A writer of the older release goes on.
    let committed = old.commit(vec![delivery(2)], now()).await.unwrap();
    assert_eq!((committed.version, committed.rows), (3, 4));
}

#[tokio::test]
async fn files_of_many_row_groups_keep_every_row() {
    let store = memory();
    let mut writer = writer(&store).await.unwrap();
    let objects = (0..20_i64).map(|at| {
        let events: Vec<Event> =
            (0..10_000).map(|row| (at * 10_000 + row, Some("1"), Some((row * 7919 + at) % DAY))).collect();
        object(&format!("memory:///b/{at}"), &events, 0)
    });
    let committed = writer.commit(objects.collect(), now()).await.unwrap();
    assert_eq!((committed.rows, committed.files), (200_000, 1));
    let lake = open(&store).await;
    let session = session(&lake, &lake.snapshot());
    let sql =
        "SELECT sum(number) AS numbers, count(DISTINCT event_id) AS ids, count(names) AS names FROM doors";
    let text = ask(&session, sql).await;
    assert!(text.contains("| 19999900000 | 200000 | 199999 |"), "{text}");
}
