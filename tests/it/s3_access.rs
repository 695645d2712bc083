//! S3 access logs: from lines to rows in a lake, and back to the lines through the view.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::util::pretty::pretty_format_batches;
use chrono::DateTime;
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use trailql::lake::Lake;
use trailql::lake::Limits;
use trailql::lake::Object;
use trailql::lake::Source;
use trailql::lake::Status;
use trailql::logs;
use trailql::logs::LOGS;
use trailql::logs::Reading;
use trailql::session::Session;
use trailql::storage::Location;
use url::Url;

use crate::available;

/// A session over a lake that holds the access log lines of one object.
async fn session(url: &str, bytes: &[u8]) -> (Session, Reading) {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let location = Location::in_store(Url::parse("memory:///lake").unwrap(), store).unwrap();
    let lake = Lake::open_or_create(&location, LOGS).await.unwrap();
    let reading = logs::read(url, bytes, 1 << 30);
    let log = reading.log.unwrap();
    assert_eq!(log.name(), "s3_access");
    let parsed = reading.parsed.clone();
    let source = Source {
        url: url.to_owned(),
        log: Some(log.name()),
        status: Status::Read,
        detail: None,
        size: bytes.len() as u64,
        etag: None,
        last_modified: None,
        sha256: Some(reading.sha256.clone()),
        records: parsed.records,
        rejected: parsed.rejects.len() as u64,
        first_event_time: parsed.first_event_time,
        last_event_time: parsed.last_event_time,
    };
    let mut writer = lake.writer(log, Limits::default()).await.unwrap();
    let object = Object { source, batches: parsed.batches, rejects: parsed.rejects, digest: None };
    writer.commit(vec![object], DateTime::from_timestamp_micros(0).unwrap()).await.unwrap();
    (Session::new(lake, 1 << 28).unwrap(), reading)
}

async fn ask(session: &Session, sql: &str) -> Vec<arrow::array::RecordBatch> {
    let statement = Session::parse(sql).unwrap().remove(0);
    session.run(statement).await.unwrap().try_collect().await.unwrap()
}

async fn table(session: &Session, sql: &str) -> String {
    pretty_format_batches(&ask(session, sql).await).unwrap().to_string()
}

/// The first column of an answer, which is text.
async fn texts(session: &Session, sql: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for batch in ask(session, sql).await {
        let column = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8).unwrap();
        texts.extend(column.as_string::<i32>().iter().map(|text| text.unwrap_or_default().to_owned()));
    }
    texts
}

#[tokio::test]
async fn lines_are_asked_for_and_come_back() {
    const NAME: &str = "2026-09-17-08-15-32-3E57427F33A59F07";
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/s3_access").join(NAME);
    let bytes = std::fs::read(sample).unwrap();
    let (session, _) = session(&format!("memory:///logs/{NAME}"), &bytes).await;
    let answers = [
        "SELECT request_time, operation, key, http_status, principal FROM s3_access
            WHERE event_date = '2026-09-17' AND bucket = 'blue-falcon-data' ORDER BY source_line",
        "SELECT position, reason FROM rejects ORDER BY position",
        "SELECT key FROM s3_access JOIN s3_access_raw USING (request_id) WHERE line LIKE '%%2520%'",
        "SELECT user_agent, (unmapped->>'line_hex') LIKE '%22636166e92f312e3022%' AS kept
            FROM s3_access WHERE (unmapped->>'line_hex') IS NOT NULL",
        "SELECT unmapped->'fields'->>0 AS field FROM s3_access WHERE (unmapped->'fields') IS NOT NULL",
        "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 's3_access_raw'",
    ];
    let mut all = String::new();
    for sql in answers {
        all += &format!("{sql}\n{}\n\n", table(&session, sql).await);
    }
    insta::assert_snapshot!(all);
    let mut back = texts(&session, "SELECT line FROM s3_access_raw").await;
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let mut lines: Vec<String> =
        lines.take(12).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    back.sort();
    lines.sort();
    assert_eq!(back, lines);
}

const REAL: &str = "s3_access/s3access.permissive.log";
/// An access log that lies among the CloudTrail data.
const STRAY: &str =
    "cloudtrail/opensearch-project__opensearch-catalog/integrations/observability/amazon_s3/data/raw.log";

/// A file of the real data, which lies beside the checkout, or beside what the checkout lies in.
fn real(file: &str) -> Option<PathBuf> {
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1);
    let found = above.find_map(|folder| folder.join("shared/data").join(file).canonicalize().ok());
    available(&format!("file ../shared/data/{file}"), found.is_some()).then_some(found).flatten()
}

/// Tells whether a line matches the regular expression that AWS publishes for Athena, of which every part but the
/// time is a stretch without blanks, or one in quotes without quotes.
fn aws_can_read(line: &str) -> bool {
    let word = |rest: &mut &str| {
        let (_, behind) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
        *rest = behind;
        true
    };
    let quoted = |rest: &mut &str| match rest.strip_prefix('"').and_then(|inside| inside.split_once('"')) {
        Some((_, behind)) => {
            *rest = behind;
            true
        }
        None => rest.strip_prefix('-').map(|behind| *rest = behind).is_some(),
    };
    let blank = |rest: &mut &str| rest.strip_prefix(' ').map(|behind| *rest = behind).is_some();
    let mut rest = line;
    for field in 0..18 {
        let matches = match field {
            2 => rest.split_once(']').filter(|(time, _)| time.starts_with('[')).is_some_and(|(_, behind)| {
                rest = behind;
                true
            }),
            8 | 16 => quoted(&mut rest),
            _ => word(&mut rest),
        };
        if !matches || (field < 17 && !blank(&mut rest)) {
            return false;
        }
    }
    true
}

#[tokio::test]
async fn every_real_line_is_a_row_and_comes_back() {
    let Some(path) = real(REAL) else { return };
    let bytes = std::fs::read(&path).unwrap();
    let text = std::str::from_utf8(&bytes).unwrap();
    let (session, reading) = session(&format!("file://{}", path.display()), &bytes).await;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 243);
    assert_eq!(reading.parsed.records, 243);
    assert_eq!(reading.parsed.records, reading.parsed.rows() + reading.parsed.rejects.len() as u64);

    // One line ends in the middle: that is the one that is no row.
    let rejects: Vec<_> = reading.parsed.rejects.iter().map(|reject| reject.reason.as_str()).collect();
    assert_eq!(rejects, ["line 124: the line ends after 10 fields; an access log line has at least 17"]);
    let defeat: Vec<_> = (1..).zip(&lines).filter(|(_, line)| !aws_can_read(line)).map(|(n, _)| n).collect();
    assert_eq!(defeat, [10, 12, 18, 19, 21, 124, 242]);

    let numbers = texts(&session, "SELECT source_line FROM s3_access ORDER BY source_line").await;
    let numbers: Vec<usize> = numbers.iter().map(|number| number.parse().unwrap()).collect();
    assert_eq!(numbers, (1..=243).filter(|number| *number != 124).collect::<Vec<_>>());
    let mut back = texts(&session, "SELECT line FROM s3_access_raw").await;
    let mut expected: Vec<&str> = lines.clone();
    expected.remove(123);
    back.sort();
    expected.sort_unstable();
    assert_eq!(back, expected);

    // The values themselves are not ours to copy here.
    let quoted =
        "SELECT source_line FROM s3_access WHERE http_status IN (200, 404) AND tls_version LIKE 'TLSv1.%'
            AND (request_uri LIKE '%\"%' AND request_uri LIKE '% HTTP/1.1' OR user_agent LIKE '\"Mozilla/%')
        ORDER BY source_line";
    assert_eq!(texts(&session, quoted).await, ["10", "12", "18", "19", "21"]);
    let time = "SELECT request_time FROM s3_access WHERE source_line = 242";
    assert_eq!(texts(&session, time).await, ["2012-02-10T21:42:07Z"]);
    let extra = "SELECT unmapped FROM s3_access WHERE (unmapped->'fields') IS NOT NULL";
    assert_eq!(texts(&session, extra).await, [r#"{"fields":["ExtraUnknownField"]}"#]);
    // One line has a time that no clock shows.
    let timeless = "SELECT unmapped->>'request_time' FROM s3_access WHERE request_time IS NULL ORDER BY 1";
    assert_eq!(texts(&session, timeless).await, ["31/Jan/2023:13:55:60 +0000"]);
    let odd = "SELECT source_line FROM s3_access WHERE http_status IS NULL OR bucket IS NULL
            OR tls_version NOT LIKE 'TLS%' OR (unmapped->>'line') IS NOT NULL";
    // The one line that is kept whole has a dash in quotes for its request line.
    assert_eq!(texts(&session, odd).await, ["126"]);
}

#[tokio::test]
async fn an_access_log_among_other_logs_is_known_by_its_lines() {
    let Some(path) = real(STRAY) else { return };
    let bytes = std::fs::read(&path).unwrap();
    let (session, reading) = session(&format!("file://{}", path.display()), &bytes).await;
    let mut lines: Vec<_> =
        std::str::from_utf8(&bytes).unwrap().lines().filter(|line| !line.is_empty()).collect();
    assert_eq!((reading.parsed.records, reading.parsed.rejects.len()), (lines.len() as u64, 0));
    let mut back = texts(&session, "SELECT line FROM s3_access_raw").await;
    back.sort();
    lines.sort_unstable();
    assert_eq!(back, lines);
}
