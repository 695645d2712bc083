//! An ingest into a store that fails at each put in turn, and then another one that finds a healthy store.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use arrow::util::pretty::pretty_format_batches;
use async_trait::async_trait;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use object_store::CopyOptions;
use object_store::GetOptions;
use object_store::GetResult;
use object_store::ListResult;
use object_store::MultipartUpload;
use object_store::ObjectMeta;
use object_store::ObjectStore;
use object_store::PutMultipartOptions;
use object_store::PutOptions;
use object_store::PutPayload;
use object_store::PutResult;
use object_store::Result;
use object_store::memory::InMemory;
use object_store::path;
use trailql::ingest;
use trailql::ingest::Options;
use trailql::ingest::Progress;
use trailql::ingest::Source;
use trailql::ingest::Summary;
use trailql::lake::Lake;
use trailql::logs::LOGS;
use trailql::session::Session;
use trailql::storage::Location;
use url::Url;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fails {
    /// Nothing is stored.
    Before,
    /// All is stored, but the answer is an error.
    After,
}

/// A store whose n-th put fails, and no later one.
#[derive(Debug)]
struct Failing {
    inner: Arc<dyn ObjectStore>,
    left: AtomicUsize,
    fails: Fails,
}

impl fmt::Display for Failing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "failing {}", self.inner)
    }
}

fn refusal() -> object_store::Error {
    object_store::Error::Generic { store: "failing", source: "it was told to".into() }
}

#[async_trait]
impl ObjectStore for Failing {
    async fn put_opts(
        &self,
        path: &path::Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let count_down = |left: usize| left.checked_sub(1);
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, count_down);
        if left != Ok(1) {
            return self.inner.put_opts(path, payload, options).await;
        }
        if self.fails == Fails::After {
            self.inner.put_opts(path, payload, options).await?;
        }
        Err(refusal())
    }

    async fn put_multipart_opts(
        &self,
        path: &path::Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        // An upload in parts becomes visible only when it is completed; the lake is to write whole objects.
        panic!("{path} is uploaded in parts with {options:?}, which this store cannot fail")
    }

    async fn get_opts(&self, path: &path::Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<path::Path>>,
    ) -> BoxStream<'static, Result<path::Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&path::Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&path::Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &path::Path, to: &path::Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

async fn open(store: &Arc<dyn ObjectStore>) -> trailql::Result<Lake> {
    let url = Url::parse("memory:///case%207/lake").unwrap();
    Lake::open_or_create(&Location::in_store(url, Arc::clone(store))?, LOGS).await
}

async fn ingest_samples(store: &Arc<dyn ObjectStore>) -> trailql::Result<Summary> {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cloudtrail");
    let source = Source::open(samples.to_str().unwrap()).await?;
    // So little memory that every object is a batch, and a commit, of its own.
    let options = Options { memory: 4096, ..Options::default() };
    ingest::run(&open(store).await?, vec![source], &options, &Arc::new(Progress::default())).await
}

/// All that a lake holds, but for the times of the ingest; equal lakes give equal texts.
async fn content(store: &Arc<dyn ObjectStore>) -> String {
    let session = Session::new(open(store).await.unwrap(), 1 << 28).unwrap();
    let mut all = String::new();
    let queries = "SELECT * FROM cloudtrail ORDER BY source_file, source_index;
        SELECT url, log, status, detail, size, sha256, records, rejected, first_event_time, last_event_time
            FROM sources ORDER BY url;
        SELECT source_file, position, reason, content FROM rejects ORDER BY source_file, position";
    for statement in Session::parse(queries).unwrap() {
        let batches: Vec<_> = session.run(statement).await.unwrap().try_collect().await.unwrap();
        all += &pretty_format_batches(&batches).unwrap().to_string();
    }
    all
}

async fn fails_everywhere(fails: Fails) {
    let clean: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let summary = ingest_samples(&clean).await.unwrap();
    assert!(summary.commits > 1 && summary.rejected > 0 && summary.rows > 0, "{summary:?}");
    let expected = content(&clean).await;
    for puts in 1.. {
        let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let failing = Arc::new(Failing { inner: Arc::clone(&inner), left: AtomicUsize::new(puts), fails });
        let store: Arc<dyn ObjectStore> = Arc::<Failing>::clone(&failing);
        let outcome = ingest_samples(&store).await;
        if failing.left.load(Ordering::SeqCst) > 0 {
            outcome.unwrap();
            assert!(puts > 12, "only {puts} puts could fail");
            break;
        }
        ingest_samples(&inner).await.unwrap();
        assert_eq!(content(&inner).await, expected, "put {puts} failed {fails:?}");
    }
}

#[tokio::test]
async fn a_put_that_fails_before_it_stores_loses_nothing() {
    fails_everywhere(Fails::Before).await;
}

#[tokio::test]
async fn a_put_that_stores_and_fails_doubles_nothing() {
    fails_everywhere(Fails::After).await;
}
