//! Moves objects from sources into the lake: list, fetch, read, commit.
//!
//! ```text
//! list -> ledger check -> fetch + read (all cores) -> batch -> commit (one at a time)
//! ```
//!
//! Memory is bounded: a quarter of the budget for objects being read, and twice a sixth for rows, of which one
//! half is filled while the other is committed. One object larger than its share is read alone.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::num::NonZero;
use std::sync::Arc;

use chrono::DateTime;
use chrono::Utc;
use futures::StreamExt;
use futures::stream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::error::Error;
use crate::error::Result;
use crate::lake::Lake;
use crate::lake::Limits;
use crate::lake::Status;
use crate::lake::Writer;
use crate::logs::LOGS;

pub mod progress;
mod read;
pub mod source;

use read::Outcome;
use read::Read;
use read::Reader;

pub use progress::Progress;
pub use source::Found;

/// What the user may set.
#[derive(Clone, Debug)]
pub struct Options {
    /// Reads only objects with events at or after this time.
    pub since: Option<DateTime<Utc>>,
    /// Reads only objects with events before this time.
    pub until: Option<DateTime<Utc>>,
    /// The memory to stay within, in bytes.
    pub memory: usize,
    /// The largest uncompressed object, in bytes.
    pub max_object: usize,
    /// How many cores to use.
    pub threads: NonZero<usize>,
}

impl Default for Options {
    fn default() -> Self {
        let one = NonZero::<usize>::MIN;
        Self {
            since: None,
            until: None,
            memory: 1 << 30,
            max_object: 2 << 30,
            threads: std::thread::available_parallelism().unwrap_or(one),
        }
    }
}

/// A reject as the summary shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The object.
    pub source_file: String,
    /// The byte offset in it, uncompressed.
    pub position: u64,
    /// Why it could not be read.
    pub reason: String,
}

/// How many rejects the summary quotes.
pub(crate) const EXAMPLES: usize = 5;

/// What an ingest did. `objects` = `known` + `outside` + `read` + `ignored` + `unchanged` + `changed` + `failed` + `elsewhere`,
/// and `records` = `rows` + `rejected`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Objects found in the sources.
    pub objects: u64,
    /// Objects that were in the lake already.
    pub known: u64,
    /// Objects without an event between `since` and `until`.
    pub outside: u64,
    /// Objects read.
    pub read: u64,
    /// Objects that are no log, by reason.
    pub ignored: BTreeMap<String, u64>,
    /// Objects that were touched, but hold the bytes that are in the lake.
    pub unchanged: u64,
    /// Objects whose bytes differ from those that are in the lake, by URL.
    pub changed: Vec<String>,
    /// Objects that could not be fetched: URL and reason.
    pub failed: Vec<(String, String)>,
    /// Objects that another ingest brought meanwhile.
    pub elsewhere: u64,
    /// Records found in the objects read.
    pub records: u64,
    /// Records that became rows.
    pub rows: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// Some of the rejects.
    pub examples: Vec<Example>,
    /// Commits made.
    pub commits: u64,
    /// Bytes read, as they lie in the source.
    pub bytes_read: u64,
    /// Bytes read, uncompressed.
    pub bytes_inflated: u64,
    /// Bytes of Parquet written.
    pub bytes_written: u64,
}

/// Brings what is new in the sources into the lake.
///
/// # Errors
/// A source cannot be listed, or the lake cannot be written. What was committed before stays.
pub async fn run(
    lake: &Lake,
    found: Vec<Found>,
    options: &Options,
    progress: &Arc<Progress>,
) -> Result<Summary> {
    let mut summary = Summary { objects: found.len() as u64, ..Summary::default() };
    let log = *LOGS.first().ok_or_else(|| Error::internal("no log is known"))?;
    let writer = lake.writer(log, Limits { threads: options.threads }).await?;
    let known = writer.known();
    let mut planned = Vec::new();
    for found in found {
        if known.contains(&found.url, found.etag.as_deref()) {
            summary.known += 1;
        } else if found.is_outside(options) {
            summary.outside += 1;
        } else {
            planned.push(found);
        }
    }
    // The days in order, so that a batch is about few days and each gets one well-sized file.
    planned.sort_by(|a, b| a.order().cmp(&b.order()));
    progress.plan(&planned);

    let touched = planned.iter().map(|found| &found.url).filter(|url| known.contains_url(url));
    let hashes = lake.hashes(touched.cloned().collect()).await?;
    let mut committer = Committer { running: None, idle: Some((writer, summary)) };
    let outside = read_all(planned, hashes, options, progress, &mut committer).await?;
    let (_, mut summary) = committer.wait().await?;
    summary.outside += outside;
    summary.records = summary.rows + summary.rejected;
    Ok(summary)
}

/// Reads the objects on all cores and hands on full batches; returns how many lay outside the times.
async fn read_all(
    planned: Vec<Found>,
    hashes: BTreeMap<String, Vec<String>>,
    options: &Options,
    progress: &Arc<Progress>,
    committer: &mut Committer,
) -> Result<u64> {
    let share = options.memory / 4;
    let full = options.memory / 6;
    let room = Arc::new(Semaphore::new(read::permits(share)));
    let reader =
        Arc::new(Reader { cores: Semaphore::new(options.threads.get()), max_object: options.max_object });
    let tasks = stream::iter(planned).then(|found| {
        let (room, reader) = (Arc::clone(&room), Arc::clone(&reader));
        let permits = read::permits(found.expected_memory().min(share));
        let earlier = hashes.get(&found.url).cloned();
        async move {
            // Permits are taken in the order of the objects, since they are handed on in that order, too.
            let permit = room.acquire_many_owned(u32::try_from(permits).unwrap_or(u32::MAX)).await;
            (tokio::spawn(async move { reader.read(found, earlier).await }), permit)
        }
    });
    let ahead = options.threads.get() * 4;
    let mut results =
        Box::pin(tasks.map(|(task, permit)| async move { (task.await, permit) }).buffered(ahead));
    let mut batch = Vec::new();
    let mut filled = 0;
    let mut outside = 0;
    while let Some((outcome, permit)) = results.next().await {
        let read = outcome.map_err(|error| Error::internal("a reading task ended early").caused_by(error))?;
        progress.add(&read);
        if read.is_outside(options) {
            outside += 1;
            continue;
        }
        filled += read.memory;
        batch.push(read);
        drop(permit);
        if filled >= full {
            filled = 0;
            committer.start(std::mem::take(&mut batch)).await?;
        }
    }
    if !batch.is_empty() {
        committer.start(batch).await?;
    }
    Ok(outside)
}

/// Commits one batch at a time while the next is read: never are there more than two.
struct Committer {
    running: Option<JoinHandle<Result<(Writer, Summary)>>>,
    idle: Option<(Writer, Summary)>,
}

impl Committer {
    /// Starts committing a batch once the one before is done.
    async fn start(&mut self, batch: Vec<Read>) -> Result<()> {
        let (writer, summary) = self.wait().await?;
        self.running = Some(tokio::spawn(commit(writer, summary, batch)));
        Ok(())
    }

    async fn wait(&mut self) -> Result<(Writer, Summary)> {
        if let Some(running) = self.running.take() {
            return running
                .await
                .map_err(|error| Error::internal("the committing task ended early").caused_by(error))?;
        }
        self.idle.take().ok_or_else(|| Error::internal("the writer is gone"))
    }
}

/// Commits a batch and adds up what became of it.
async fn commit(mut writer: Writer, mut summary: Summary, batch: Vec<Read>) -> Result<(Writer, Summary)> {
    let (outcomes, objects): (Vec<_>, Vec<_>) = batch.into_iter().map(Read::into_parts).unzip();
    let committed = writer.commit(objects, Utc::now()).await?;
    let already_in: HashSet<String> = committed.already_in.into_iter().collect();
    summary.commits += 1;
    summary.rows += committed.rows;
    summary.rejected += committed.rejected;
    summary.bytes_written += committed.bytes;
    for outcome in outcomes {
        // What failed is not there because somebody else brought it, but because it failed before as well.
        if already_in.contains(&outcome.url) && outcome.status != Status::Failed {
            summary.elsewhere += 1;
        } else {
            summary.note(outcome);
        }
    }
    Ok((writer, summary))
}

impl Summary {
    fn note(&mut self, outcome: Outcome) {
        self.bytes_read += outcome.size;
        self.bytes_inflated += outcome.inflated;
        match outcome.status {
            Status::Read => self.read += 1,
            Status::Ignored => *self.ignored.entry(outcome.detail).or_default() += 1,
            Status::Unchanged => self.unchanged += 1,
            Status::Failed if outcome.changed => self.changed.push(outcome.url),
            Status::Failed => self.failed.push((outcome.url, outcome.detail)),
        }
        let room = EXAMPLES.saturating_sub(self.examples.len());
        self.examples.extend(outcome.rejects.into_iter().take(room));
    }
}
