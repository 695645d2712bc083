//! A store that fails at every place in turn, and what is left is always a whole lake.

use std::fmt;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
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
use crate::lake::upkeep::Compact;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fails {
    /// Nothing is stored.
    Before,
    /// All is stored, but the answer is an error.
    After,
    /// As `Before`, and so does everything later: the process was killed.
    ForGood,
    /// As `ForGood`, only that the last write was stored.
    ForGoodAfter,
}

/// A store whose n-th put fails, counted down.
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

impl Failing {
    fn error() -> object_store::Error {
        object_store::Error::Generic { store: "failing", source: "it was told to".into() }
    }
}

#[async_trait]
impl ObjectStore for Failing {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let for_good = matches!(self.fails, Fails::ForGood | Fails::ForGoodAfter);
        match self.left.load(Ordering::SeqCst) {
            0 if for_good => return Err(Self::error()),
            0 => {}
            1 => {
                self.left.store(0, Ordering::SeqCst);
                if matches!(self.fails, Fails::After | Fails::ForGoodAfter) {
                    self.inner.put_opts(path, payload, options).await?;
                }
                return Err(Self::error());
            }
            left => self.left.store(left - 1, Ordering::SeqCst),
        }
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
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

async fn ingest(store: &Arc<dyn ObjectStore>) -> crate::error::Result<()> {
    let mut writer = writer(store).await?;
    for batch in 0..3 {
        writer.commit((batch * 3..batch * 3 + 4).map(delivery).collect(), now()).await?;
    }
    Ok(())
}

async fn fails_everywhere(fails: Fails) {
    let clean = memory();
    ingest(&clean).await.unwrap();
    let expected = content(&clean).await;
    for puts in 1.. {
        let inner = memory();
        let failing = Arc::new(Failing { inner: Arc::clone(&inner), left: AtomicUsize::new(puts), fails });
        let outcome = ingest(&(Arc::clone(&failing) as Arc<dyn ObjectStore>)).await;
        if failing.left.load(Ordering::SeqCst) > 0 {
            outcome.unwrap();
            // Seven tables; for each batch three data files, two of the ledger, three commits.
            assert_eq!(puts, 7 + 3 * (3 + 2 + 3) + 1, "each put was the one that failed once");
            break;
        }
        // A new process over a healthy store.
        ingest(&inner).await.unwrap();
        assert_eq!(content(&inner).await, expected, "put {puts} failed {fails:?}");
        let lake = open(&inner).await;
        let counts = "SELECT (SELECT sum(records) FROM sources) - (SELECT count(*) FROM doors)
            - (SELECT count(*) FROM rejects) AS lost";
        let counts = ask(&session(&lake, &lake.snapshot()), counts).await;
        assert!(counts.contains("| 0 "), "{counts}");
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

#[tokio::test]
async fn a_process_killed_before_any_put_loses_nothing() {
    fails_everywhere(Fails::ForGood).await;
}

#[tokio::test]
async fn a_process_killed_after_any_put_doubles_nothing() {
    fails_everywhere(Fails::ForGoodAfter).await;
}

async fn upkeep(store: &Arc<dyn ObjectStore>) -> crate::error::Result<()> {
    let lake = Lake::open(&location(store), LOGS).await?;
    lake.compact(&Compact::default(), |_| {}).await
}

async fn upkeep_fails_everywhere(fails: Fails) {
    let clean = memory();
    ingest(&clean).await.unwrap();
    let expected = content(&clean).await;
    for puts in 1.. {
        let inner = memory();
        ingest(&inner).await.unwrap();
        let failing = Arc::new(Failing { inner: Arc::clone(&inner), left: AtomicUsize::new(puts), fails });
        let outcome = upkeep(&(Arc::clone(&failing) as Arc<dyn ObjectStore>)).await;
        assert_eq!(content(&inner).await, expected, "put {puts} failed {fails:?}");
        if failing.left.load(Ordering::SeqCst) > 0 {
            outcome.unwrap();
            // Three days and two ledger tables, each one file and one commit.
            assert_eq!(puts, 2 * (3 + 2) + 1, "each put was the one that failed once");
            break;
        }
        // New processes over a healthy store.
        ingest(&inner).await.unwrap();
        upkeep(&inner).await.unwrap();
        assert_eq!(content(&inner).await, expected, "put {puts} failed {fails:?}");
    }
}

#[tokio::test]
async fn a_compaction_that_fails_or_is_killed_anywhere_changes_no_row() {
    for fails in [Fails::Before, Fails::After, Fails::ForGood, Fails::ForGoodAfter] {
        upkeep_fails_everywhere(fails).await;
    }
}

#[tokio::test]
async fn a_ledger_left_behind_is_read_at_once_and_rolled_forward_by_whoever_may_write() {
    let inner = memory();
    ingest(&inner).await.unwrap();
    let killed = Failing {
        inner: Arc::clone(&inner),
        // Three files for days, two for the ledger, and the commit; then the process dies.
        left: AtomicUsize::new(7),
        fails: Fails::ForGood,
    };
    let killed: Arc<dyn ObjectStore> = Arc::new(killed);
    let mut dying = writer(&killed).await.unwrap();
    dying.commit(vec![delivery(77)], now()).await.unwrap_err();
    let read_only: Arc<dyn ObjectStore> =
        Arc::new(Failing { inner: Arc::clone(&inner), left: AtomicUsize::new(0), fails: Fails::ForGood });
    let versions = |lake: &Lake| lake.snapshot().tables().map(|(_, table)| table.version).collect::<Vec<_>>();
    for (store, expected) in [(&read_only, [3, 3, 0, 0, 0, 0, 4]), (&inner, [4, 4, 0, 0, 0, 0, 4])] {
        let lake = open(store).await;
        assert_eq!(versions(&lake), expected);
        let text =
            ask(&session(&lake, &lake.snapshot()), "SELECT url FROM sources WHERE url LIKE '%77%'").await;
        assert!(text.contains("77.json"), "{text}");
        assert!(lake.known().await.unwrap().contains("memory:///bucket/77.json", Some("1")));
    }
}

#[tokio::test]
async fn half_written_files_of_a_killed_process_disturb_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let location = crate::storage::local(folder.path().join("lake").to_str().unwrap()).unwrap();
    let mut writer = writer_at(&location).await.unwrap();
    writer.commit(vec![delivery(1)], now()).await.unwrap();
    // The local store writes beside the name and links the whole file to it; this is what a kill leaves.
    let table = folder.path().join("lake/doors");
    for stray in ["_delta_log/00000000000000000002.json#1", "event_date=1970-01-01/part-x.zstd.parquet#1"] {
        std::fs::write(table.join(stray), "{\"add\":").unwrap();
    }
    let mut writer = writer_at(&location).await.unwrap();
    let committed = writer.commit(vec![delivery(1), delivery(2)], now()).await.unwrap();
    assert_eq!((committed.version, committed.rows), (2, 4));
    let lake = Lake::open(&location, LOGS).await.unwrap();
    assert_eq!(lake.snapshot().tables().last().unwrap().1.rows, 8);
}
