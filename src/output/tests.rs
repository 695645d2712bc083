mod readback;
mod samples;
mod snapshots;
mod table;

use std::io;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::array::RecordBatch;
use arrow::array::StringViewArray;
use arrow::datatypes::Schema;
use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::StreamReader;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::prelude::SessionContext;

use super::FORMATS;
use super::Format;
use super::Screen;
use super::write;
use crate::error::Kind;
use samples::PIPE;
use samples::bytes;
use samples::many;
use samples::parquet_batches;
use samples::stream;
use samples::text;

#[tokio::test]
async fn terminals_are_never_sent_control_characters() {
    let screen = Screen { width: Some(100), color: false, max_rows: 40 };
    let hostile: ArrayRef = Arc::new(StringViewArray::from(vec!["\x1b]0;x\x07\u{9b}2J\u{202e}\u{7f}\r"]));
    let batch = RecordBatch::try_from_iter([("a\x1b[2J", hostile)]).unwrap();
    for format in FORMATS.iter().filter(|format| !format.is_binary()) {
        let shown = text(format.name, &screen, &batch).await;
        let bad = shown.chars().find(|char| *char != '\n' && super::text::is_treacherous(*char));
        assert_eq!(bad, None, "{format}: {shown:?}");
    }
    let json: serde_json::Value = serde_json::from_str(&text("json", &screen, &batch).await).unwrap();
    assert_eq!(json[0]["a\x1b[2J"], "\x1b]0;x\x07\u{9b}2J\u{202e}\u{7f}\r");
}

#[tokio::test]
async fn every_format_writes_nothing_and_much() {
    let (schema, batches) = many(10_000);
    let bare: SchemaRef = Arc::new(Schema::empty());
    for format in FORMATS {
        for screen in [PIPE, Screen { width: Some(80), color: true, max_rows: 40 }] {
            let (rows, _) = bytes(format.name, &screen, &bare, vec![]).await;
            assert_eq!(rows, 0, "{format}");
            let (rows, empty) = bytes(format.name, &screen, &schema, vec![]).await;
            assert_eq!(rows, 0, "{format}");
            let (rows, _) =
                bytes(format.name, &screen, &schema, vec![RecordBatch::new_empty(Arc::clone(&schema))]).await;
            assert_eq!(rows, 0, "{format}");
            let (rows, full) = bytes(format.name, &screen, &schema, batches.clone()).await;
            assert_eq!(rows, 10_000, "{format}");
            assert!(full.len() > empty.len(), "{format}");
            assert_eq!(count_rows(format.name, &full), 10_000, "{format}");
            assert_eq!(count_rows(format.name, &empty), 0, "{format}");
        }
    }
}

/// Reads back how many rows were written.
fn count_rows(format: &str, out: &[u8]) -> usize {
    let text = || std::str::from_utf8(out).unwrap();
    match format {
        "parquet" => parquet_batches(out).iter().map(RecordBatch::num_rows).sum(),
        "arrow" => StreamReader::try_new(out, None).unwrap().map(|batch| batch.unwrap().num_rows()).sum(),
        "json" => serde_json::from_str::<Vec<serde_json::Value>>(text()).unwrap().len(),
        "ndjson" => text().lines().count(),
        "csv" | "tsv" => text().lines().count() - 1,
        "markdown" => text().lines().count() - 2,
        "html" => text().matches("<tr>").count() - 1,
        "vertical" => text().matches("-[ RECORD ").count(),
        _ => {
            let last = text().lines().last().unwrap().trim_start_matches("\x1b[2m(");
            last.trim_start_matches('(').split(' ').next().unwrap().replace(',', "").parse().unwrap()
        }
    }
}

/// Every type that a query can end in, each with a null.
const EVERY_TYPE: &str = "
    SELECT
        NULL AS nothing,
        CASE WHEN n = 1 THEN interval '1 month 2 days 3 seconds' END AS interval,
        CASE WHEN n = 1 THEN now() - timestamp '2020-01-01' END AS duration,
        CASE WHEN n = 1 THEN arrow_cast(timestamp '2020-07-01T12:00:00', 'Timestamp(Nanosecond, Some(\"Europe/Berlin\"))') END AS zoned,
        CASE WHEN n = 1 THEN time '12:34:56' END AS time,
        CASE WHEN n = 1 THEN arrow_cast(date '2020-01-01', 'Date64') END AS date64,
        CASE WHEN n = 1 THEN 18446744073709551615 END AS unsigned,
        CASE WHEN n = 1 THEN arrow_cast(1.5, 'Float16') END AS half,
        CASE WHEN n = 1 THEN arrow_cast(1234, 'Decimal256(60, 3)') END AS decimal,
        CASE WHEN n = 1 THEN X'00ff' END AS binary,
        CASE WHEN n = 1 THEN arrow_cast('x', 'LargeUtf8') END AS large,
        CASE WHEN n = 1 THEN arrow_cast('x', 'Dictionary(Int8, Utf8)') END AS dictionary,
        CASE WHEN n = 1 THEN arrow_cast([1, NULL], 'LargeList(Int64)') END AS large_list,
        CASE WHEN n = 1 THEN arrow_cast([1, 2], 'FixedSizeList(2, Int64)') END AS fixed_list,
        CASE WHEN n = 1 THEN [interval '1 day', NULL] END AS intervals,
        CASE WHEN n = 1 THEN [named_struct('a', [1], 'b', NULL)] END AS structs,
        CASE WHEN n = 1 THEN map([1, 2], ['x', NULL]) END AS numbered,
        CASE WHEN n = 1 THEN map(['k'], [now()]) END AS named,
        json_get('{\"k\": [1]}', CASE WHEN n = 1 THEN 'k' ELSE 'none' END) AS json
    FROM (VALUES (1), (2)) AS t(n)";

#[tokio::test]
async fn every_format_takes_every_type() {
    let mut session = SessionContext::new();
    datafusion_functions_json::register_all(&mut session).unwrap();
    for format in FORMATS {
        let stream = session.sql(EVERY_TYPE).await.unwrap().execute_stream().await.unwrap();
        let mut out = Vec::new();
        assert_eq!(write(stream, format, &PIPE, &mut out).await.unwrap(), 2, "{format}");
        assert_eq!(count_rows(format.name, &out), 2, "{format}");
    }
    let stream = session.sql(EVERY_TYPE).await.unwrap().execute_stream().await.unwrap();
    let mut out = Vec::new();
    write(stream, Format::named("vertical").unwrap(), &PIPE, &mut out).await.unwrap();
    let first = String::from_utf8(out).unwrap();
    let first: Vec<_> = first
        .lines()
        .take(20)
        .filter(|line| !line.contains("duration") && !line.contains("named "))
        .collect();
    insta::assert_snapshot!(first.join("\n"), @r#"
    -[ RECORD 1 ]---------------------------
    nothing    |
    interval   | 1 mons 2 days 3.000000000 secs
    zoned      | 2020-07-01T10:00:00Z
    time       | 12:34:56
    date64     | 2020-01-01T00:00:00
    unsigned   | 18446744073709551615
    half       | 1.5
    decimal    | 1234.000
    binary     | 00ff
    large      | x
    dictionary | x
    large_list | [1,null]
    fixed_list | [1,2]
    intervals  | ["1 days",null]
    structs    | [{"a":[1],"b":null}]
    numbered   | {"1":"x","2":null}
    json       | [1]
    "#);
}

#[test]
fn the_list_is_in_order() {
    for format in FORMATS {
        assert!(std::ptr::eq(Format::named(format.name).unwrap(), format), "{format} is listed twice");
        assert!(!format.about.is_empty() && !format.about.ends_with('.'), "{format}");
    }
    assert!(Format::named("xml").is_none());
}

/// Fails after some bytes, like a pipe into `head`.
struct Closing(usize);

impl io::Write for Closing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_reader_that_leaves_is_told_apart() {
    let (schema, batches) = many(2000);
    for format in FORMATS {
        let result = write(stream(&schema, batches.clone()), format, &PIPE, &mut Closing(100)).await;
        let error = result.unwrap_err();
        assert!(error.is_broken_pipe() && error.kind() == Kind::Storage, "{format}");
    }
}

#[tokio::test]
async fn a_query_that_fails_midway_fails() {
    let (schema, mut batches) = many(10);
    let first = batches.pop().unwrap();
    let items = [Ok(first), Err(DataFusionError::Execution("bad luck".into()))];
    let stream = RecordBatchStreamAdapter::new(schema, futures::stream::iter(items));
    let mut out = Vec::new();
    let error = write(Box::pin(stream), Format::named("csv").unwrap(), &PIPE, &mut out).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (Kind::Sql, "bad luck"));
    assert_eq!(String::from_utf8(out).unwrap().lines().count(), 11);
}
