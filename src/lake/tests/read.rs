//! Queries touch only the files they must, and see one version.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Mutex;

use async_trait::async_trait;
use datafusion::prelude::SessionConfig;
use futures::stream::BoxStream;
use object_store::CopyOptions;
use object_store::GetOptions;
use object_store::GetResult;
use object_store::ListResult;
use object_store::MultipartUpload;
use object_store::ObjectMeta;
use object_store::PutMultipartOptions;
use object_store::PutOptions;
use object_store::PutPayload;
use object_store::PutResult;
use object_store::Result;
use object_store::path::Path;

use super::*;

/// A store that notes which files are read, and how many lists are made.
#[derive(Debug)]
struct Noting {
    inner: Arc<dyn ObjectStore>,
    read: Mutex<BTreeSet<String>>,
    lists: Mutex<usize>,
}

impl fmt::Display for Noting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "noting {}", self.inner)
    }
}

impl Noting {
    fn over(inner: &Arc<dyn ObjectStore>) -> Arc<Self> {
        Arc::new(Self { inner: Arc::clone(inner), read: Mutex::default(), lists: Mutex::default() })
    }

    fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.read.lock().unwrap())
    }
}

#[async_trait]
impl ObjectStore for Noting {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.read.lock().unwrap().insert(path.to_string());
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        *self.lists.lock().unwrap() += 1;
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        *self.lists.lock().unwrap() += 1;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// Ten days with an object each.
async fn ten_days() -> (Arc<Noting>, Lake) {
    let inner = memory();
    let mut writer = writer(&inner).await.unwrap();
    for day in 0..10 {
        let events: Vec<Event> = (0..100)
            .map(|number| (day * 100 + number, Some("1"), Some(day * DAY + number * 1_000_000)))
            .collect();
        writer.commit(vec![object(&format!("memory:///b/{day}"), &events, 0)], now()).await.unwrap();
    }
    let noting = Noting::over(&inner);
    let store: Arc<dyn ObjectStore> = Arc::clone(&noting) as Arc<dyn ObjectStore>;
    let lake = open(&store).await;
    noting.take();
    *noting.lists.lock().unwrap() = 0;
    (noting, lake)
}

#[tokio::test]
async fn a_query_reads_only_the_files_that_can_hold_its_rows() {
    let (noting, lake) = ten_days().await;
    let session = session(&lake, &lake.snapshot());
    for (filter, rows, files) in [
        ("event_date = '1970-01-03'", 100, 1),
        ("date_part('day', event_date) = 3", 100, 1),
        ("event_time >= '1970-01-09T00:00:50Z'", 150, 2),
        ("event_time >= '1970-01-03' AND event_time < '1970-01-04'", 100, 1),
        ("event_date IN ('1970-01-03', '1970-01-05') AND number > 0", 200, 2),
        ("event_date IS NULL", 0, 0),
        ("number = 205", 1, 1),
        ("account_id = '2'", 0, 0),
    ] {
        let text = ask(&session, &format!("SELECT count(detail) AS n FROM doors WHERE {filter}")).await;
        assert!(text.contains(&format!("| {rows} ")), "{filter}: {text}");
        assert_eq!(noting.take().len(), files, "{filter}");
    }
    assert_eq!(*noting.lists.lock().unwrap(), 0);
}

#[tokio::test]
async fn counting_reads_no_file() {
    let (noting, lake) = ten_days().await;
    let session = session(&lake, &lake.snapshot());
    let text =
        ask(&session, "SELECT count(*), min(event_time), max(event_time), min(event_date) FROM doors").await;
    assert!(text.contains("| 1000 "), "{text}");
    assert!(text.contains("1970-01-10T00:01:39Z"), "{text}");
    assert_eq!(noting.take(), BTreeSet::new());
}

#[tokio::test]
async fn a_needle_is_found_through_the_bloom_filters() {
    let (_, lake) = ten_days().await;
    let session = session(&lake, &lake.snapshot());
    let sql = format!("EXPLAIN ANALYZE SELECT * FROM doors WHERE event_id = '{}'", identifier(342));
    let text = ask(&session, &sql).await;
    let pruned = text.split("row_groups_pruned_bloom_filter=").nth(1).unwrap();
    assert!(pruned.starts_with("10 total → 1 matched"), "{pruned}");
    assert!(text.contains("DataSourceExec"), "{text}");
}

#[tokio::test]
async fn filters_reach_the_parquet_scan() {
    let (_, lake) = ten_days().await;
    let session = session(&lake, &lake.snapshot());
    let sql = "EXPLAIN SELECT number FROM doors WHERE account_id = '1' AND event_date > '1970-01-05'";
    let text = ask(&session, sql).await;
    assert!(!text.contains("FilterExec"), "{text}");
    assert!(text.contains("predicate=account_id@1 = 1"), "{text}");
}

#[tokio::test]
async fn a_snapshot_never_changes() {
    let store = memory();
    let mut writer = writer(&store).await.unwrap();
    writer.commit(vec![delivery(1)], now()).await.unwrap();
    let lake = open(&store).await;
    let old = lake.snapshot();
    writer.commit(vec![delivery(2)], now()).await.unwrap();
    assert_eq!(lake.snapshot().tables().last().unwrap().1.rows, 4);
    lake.refresh().await.unwrap();
    let count = "SELECT count(*) AS n, count(DISTINCT source_file) AS f FROM doors";
    let (before, after) = (session(&lake, &old), session(&lake, &lake.snapshot()));
    assert!(ask(&before, count).await.contains("| 4 | 1 |"));
    assert!(ask(&after, count).await.contains("| 8 | 2 |"));
    assert!(ask(&after, "SELECT count(*) AS n FROM sources").await.contains("| 2 |"));
    assert!(ask(&before, "SELECT count(*) AS n FROM sources").await.contains("| 1 |"));
}

#[tokio::test]
async fn the_latest_rows_and_the_comments_are_there() {
    let (_, lake) = ten_days().await;
    let session = session(&lake, &lake.snapshot());
    let text = ask(&session, "SELECT number FROM doors ORDER BY event_time DESC LIMIT 2").await;
    assert!(text.contains("999") && text.contains("998"), "{text}");
    let schema = lake.snapshot().table("doors").unwrap().schema();
    let comments = schema.fields().iter().filter(|field| field.metadata().contains_key("comment"));
    assert_eq!(comments.count(), DOORS_COLUMNS.len());
    assert_eq!(schema.field(schema.fields().len() - 1).name(), "event_date");
}

#[tokio::test]
async fn the_latest_rows_come_from_the_newest_files() {
    let (noting, lake) = ten_days().await;
    let session = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
    lake.register(&session);
    session.register_table("doors", lake.snapshot().table("doors").unwrap()).unwrap();
    let text = ask(&session, "SELECT number FROM doors ORDER BY event_time DESC LIMIT 5").await;
    assert!(text.contains("| 999 "), "{text}");
    let read = noting.take();
    assert!(read.len() < 10, "{read:?}");
    assert_eq!(read.len(), 1);
}
