//! Moves objects from sources into the lake: list, fetch, read, commit.
//!
//! ```text
//! list -> ledger check -> fetch + read (all cores) -> batch -> commit (one at a time)
//! ```
//!
//! The ledger decides what is new, never a mark of how far the last ingest came: an object may be delivered late.
//! A mark only says from which day on a bucket has to be listed again.
//!
//! Memory is bounded: a tenth of the budget for objects being read, and twice a tenth for rows, of which one
//! half is filled while the other is committed. Encoding, and what the allocator keeps, take the rest. One object larger than its share is read alone. Listing holds
//! folders, and some ten thousand objects.

use std::num::NonZero;
use std::sync::Arc;

use chrono::DateTime;
use chrono::Duration;
use chrono::NaiveDate;
use chrono::NaiveTime;
use chrono::Utc;
use futures::StreamExt;
use futures::stream;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;

use crate::error::Error;
use crate::error::Result;
use crate::lake::Known;
use crate::lake::Lake;
use crate::lake::Limits;

mod batch;
pub mod follow;
mod listing;
mod names;
mod plan;
pub mod progress;
mod read;
pub mod scope;
pub mod source;
pub mod summary;

use batch::Committer;
use batch::Writers;
use plan::Job;
use plan::Planned;
use plan::Planner;
use read::Reader;
use scope::Window;

pub use progress::Progress;
pub use scope::Scope;
pub use source::Found;
pub use source::Source;
pub use summary::Example;
pub use summary::Summary;

/// A delivery may come this late, so days are listed again for so long.
pub const LOOK_BACK: Duration = Duration::hours(48);

/// What the user may set.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which part of the sources is asked for.
    pub scope: Scope,
    /// Lists everything, also the days that can hardly change any more.
    pub full: bool,
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
            scope: Scope::default(),
            full: false,
            memory: 1 << 30,
            max_object: 2 << 30,
            threads: std::thread::available_parallelism().unwrap_or(one),
        }
    }
}

/// Brings what is new in the sources into the lake.
///
/// # Errors
/// A source cannot be listed, or the lake cannot be written. What was committed before stays.
pub async fn run(
    lake: &Lake,
    sources: Vec<Source>,
    options: &Options,
    progress: &Arc<Progress>,
) -> Result<Summary> {
    let (_keep, stop) = watch::channel(false);
    let from = first_days(lake, &sources, options, Utc::now()).await?;
    let known = known_for(&from);
    let jobs: Vec<Job> = sources
        .into_iter()
        .zip(from)
        .map(|(source, from)| Job { source, window: Window { scope: options.scope.clone(), from } })
        .collect();
    let mut pump = Pump::open(lake, options, known, progress, stop).await?;
    pump.bring(jobs).await
}

/// What moves objects, open for one run or many.
#[derive(Debug)]
struct Pump {
    lake: Lake,
    options: Options,
    known: Known,
    progress: Arc<Progress>,
    /// Turns true when no further object shall be begun.
    stop: watch::Receiver<bool>,
    /// None while a run goes on, and after one that failed.
    writers: Option<Writers>,
}

impl Pump {
    /// Reads the ledger, and makes the tables if they are not there.
    async fn open(
        lake: &Lake,
        options: &Options,
        known: Known,
        progress: &Arc<Progress>,
        stop: watch::Receiver<bool>,
    ) -> Result<Self> {
        let limits = Limits { threads: options.threads };
        let mut writers = Writers::new(lake.clone(), limits, known.clone());
        writers.of(None).await?;
        let progress = Arc::clone(progress);
        Ok(Self {
            lake: lake.clone(),
            options: options.clone(),
            known,
            progress,
            stop,
            writers: Some(writers),
        })
    }

    /// Brings what is new in the sources into the lake.
    async fn bring(&mut self, jobs: Vec<Job>) -> Result<Summary> {
        let started = Utc::now();
        let marks: Vec<Option<String>> = jobs.iter().map(|job| job.source.listed_as()).collect();
        let looked_back =
            jobs.iter().filter_map(|job| Some((job.source.name.clone(), job.window.from?))).collect();
        let writers = self.writers.take().ok_or_else(|| Error::internal("the last run failed"))?;
        let mut committer = Committer::new(writers);
        let (sender, receiver) = mpsc::channel(1);
        let planner = Planner {
            lake: self.lake.clone(),
            known: self.known.clone(),
            scope: self.options.scope.clone(),
            progress: Arc::clone(&self.progress),
        };
        let planning = tokio::spawn(async move { planner.plan(jobs, sender).await });
        let outside = self.read_all(receiver, &mut committer).await;
        let planning =
            planning.await.map_err(|error| Error::internal("listing ended early").caused_by(error))?;
        let (mut writers, mut summary) = committer.finish().await?;
        summary.outside += outside?;
        let planning = planning?;
        summary.add(planning.summary);
        summary.records = summary.rows + summary.rejected;
        summary.looked_back = looked_back;
        if self.options.scope.is_whole() && !*self.stop.borrow() {
            let whole = marks.into_iter().zip(planning.listed).filter(|(_, whole)| *whole);
            for mark in whole.filter_map(|(mark, _)| mark) {
                writers.of(None).await?.note_listed(&mark, started).await?;
            }
        }
        self.writers = Some(writers);
        Ok(summary)
    }

    /// Reads the objects on all cores and hands on full batches; returns how many lay outside the times.
    async fn read_all(&self, planned: Receiver<Vec<Planned>>, committer: &mut Committer) -> Result<u64> {
        let Options { scope, memory, max_object, threads, .. } = &self.options;
        let share = memory / 10;
        let full = memory / 10;
        let room = Arc::new(Semaphore::new(read::permits(share)));
        let reader = Arc::new(Reader { cores: Semaphore::new(threads.get()), max_object: *max_object });
        let planned = stream::unfold(planned, async |mut planned| Some((planned.recv().await?, planned)));
        let stop = self.stop.clone();
        let tasks = planned
            .flat_map(stream::iter)
            .take_while(move |_| std::future::ready(!*stop.borrow()))
            .then(|(found, earlier)| {
                let (room, reader) = (Arc::clone(&room), Arc::clone(&reader));
                let permits = read::permits(found.expected_memory().min(share));
                async move {
                    // Permits are taken in the order of the objects, since they are handed on in that order, too.
                    let permit = room.acquire_many_owned(u32::try_from(permits).unwrap_or(u32::MAX)).await;
                    (tokio::spawn(async move { reader.read(found, earlier).await }), permit)
                }
            });
        let ahead = threads.get() * READ_AHEAD;
        let mut results =
            Box::pin(tasks.map(|(task, permit)| async move { (task.await, permit) }).buffered(ahead));
        let mut batch = Vec::new();
        let mut filled = 0;
        let mut outside = 0;
        while let Some((outcome, permit)) = results.next().await {
            let read =
                outcome.map_err(|error| Error::internal("a reading task ended early").caused_by(error))?;
            self.progress.add(&read);
            if read.is_outside(scope) {
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
}

/// From which day on each source has to be listed; all of it where that is not known.
async fn first_days(
    lake: &Lake,
    sources: &[Source],
    options: &Options,
    now: DateTime<Utc>,
) -> Result<Vec<Option<NaiveDate>>> {
    let mut days = Vec::with_capacity(sources.len());
    for source in sources {
        let listed = match source.listed_as().filter(|_| !options.full) {
            Some(mark) => lake.listed(&mark).await?,
            None => None,
        };
        days.push(listed.map(|listed| (listed.min(now) - LOOK_BACK).date_naive()));
    }
    Ok(days)
}

/// What has to be known of the ledger to list sources from these days on: what was delivered on a day was written on
/// that day or later.
fn known_for(from: &[Option<NaiveDate>]) -> Known {
    let oldest = from.iter().min().copied().flatten();
    oldest.map_or_else(Known::default, |day| {
        Known::since(day.and_time(NaiveTime::MIN).and_utc().timestamp_micros())
    })
}

/// So many objects are fetched at once for each core: waiting for a store costs time, but no work.
const READ_AHEAD: usize = 16;
