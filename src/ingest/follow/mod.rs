//! Keeps up with a source: lists it again and again, or reads the messages that tell of new objects.
//!
//! Whoever follows may be stopped at any time: the objects that are being read are still committed.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::ingest::LOOK_BACK;
use crate::ingest::Options;
use crate::ingest::Progress;
use crate::ingest::Pump;
use crate::ingest::Source;
use crate::ingest::Summary;
use crate::ingest::Window;
use crate::ingest::first_days;
use crate::ingest::known_for;
use crate::ingest::plan::Job;
use crate::lake::Known;
use crate::lake::Lake;
use crate::lake::upkeep::Compact;
use crate::lake::upkeep::Compacted;
use crate::lake::upkeep::Due;
use crate::lake::upkeep::Means;

mod notice;
pub mod queue;

pub use queue::Queue;

/// How a source is followed.
#[derive(Clone, Debug)]
pub struct Following {
    /// How long it waits between two listings.
    pub every: Duration,
    /// Turns true when it shall end.
    pub stop: watch::Receiver<bool>,
    /// Hears of what was compacted by the way; without it nothing is.
    pub compacted: Option<Told>,
}

/// Hears what became of a day that was compacted by the way, or why compacting failed.
pub type Told = fn(std::result::Result<&Compacted, &Error>);

/// How often it is looked whether something is to be compacted.
const LOOK: Duration = Duration::from_secs(60);

/// After so long, the days that can still change are listed again, and what is known of older ones is dropped.
const REVIEW: Duration = Duration::from_secs(3_600);
/// In between, only deliveries of this last time are looked for.
const RECENT: chrono::Duration = chrono::Duration::hours(1);

/// What is followed and how it has gone so far.
struct Follow<'a, F> {
    lake: &'a Lake,
    options: Options,
    progress: &'a Arc<Progress>,
    following: Following,
    told: F,
    total: Summary,
    rounds: u64,
    /// The compaction that goes on beside, if one does; it ends with this.
    upkeep: JoinSet<()>,
    /// When it was last looked whether one is due.
    looked: Option<Instant>,
}

/// Lists the sources until it is stopped; `told` hears what each round did.
///
/// # Errors
/// The first round fails, or a later one for another reason than a store that cannot be reached.
pub async fn poll(
    lake: &Lake,
    sources: Vec<Source>,
    options: &Options,
    progress: &Arc<Progress>,
    following: Following,
    told: impl FnMut(&Summary),
) -> Result<Summary> {
    let mut follow = Follow::new(lake, options, progress, following, told);
    let names: Vec<_> = sources.iter().map(|source| source.name.as_str()).collect();
    while !follow.is_stopped() {
        let reviewed = follow.list(&sources).await;
        follow.go_on_after(reviewed, &names.join(", ")).await?;
        follow.options.full = false;
    }
    Ok(follow.total)
}

/// Reads the messages of a queue until it is stopped; `told` hears what each batch did.
///
/// A message is deleted only after the commit that holds its objects.
///
/// # Errors
/// As those of [`poll`].
pub async fn drain(
    lake: &Lake,
    queue: Queue,
    options: &Options,
    progress: &Arc<Progress>,
    following: Following,
    told: impl FnMut(&Summary),
) -> Result<Summary> {
    let mut follow = Follow::new(lake, options, progress, following, told);
    while !follow.is_stopped() {
        let reviewed = follow.read(&queue).await;
        follow.go_on_after(reviewed, queue.url()).await?;
    }
    Ok(follow.total)
}

impl<'a, F: FnMut(&Summary)> Follow<'a, F> {
    fn new(
        lake: &'a Lake,
        options: &Options,
        progress: &'a Arc<Progress>,
        following: Following,
        told: F,
    ) -> Self {
        let (options, total) = (options.clone(), Summary::default());
        let upkeep = JoinSet::new();
        Self { lake, options, progress, following, told, total, rounds: 0, upkeep, looked: None }
    }

    fn is_stopped(&self) -> bool {
        *self.following.stop.borrow()
    }

    fn note(&mut self, round: Summary) {
        self.rounds += 1;
        (self.told)(&round);
        self.total.add(round);
    }

    /// Compacts the days that are over, and those that have too many files, beside all else.
    fn keep_up(&mut self) {
        while self.upkeep.try_join_next().is_some() {}
        let Some(told) = self.following.compacted else { return };
        if !self.upkeep.is_empty() || self.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return;
        }
        self.looked = Some(Instant::now());
        // What rows and objects leave of the memory.
        let means = Means { memory: self.options.memory / 5 * 2, threads: NonZero::<usize>::MIN };
        let compact = Compact { due: Due::Over(Utc::now()), means, ..Compact::default() };
        let lake = self.lake.clone();
        self.upkeep.spawn(async move {
            if let Err(error) = lake.compact(&compact, |day| told(Ok(day))).await {
                told(Err(&error));
            }
        });
    }

    /// Lists the sources until it is time to look at older days again.
    async fn list(&mut self, sources: &[Source]) -> Result<()> {
        let mut from = first_days(self.lake, sources, &self.options, Utc::now()).await?;
        let mut pump = self.pump(known_for(&from)).await?;
        let review = Instant::now() + REVIEW;
        while !self.is_stopped() && Instant::now() < review {
            let jobs = sources.iter().zip(&from).map(|(source, from)| Job {
                source: source.clone(),
                window: Window { scope: self.options.scope.clone(), from: *from },
            });
            let round = pump.bring(jobs.collect()).await?;
            self.note(round);
            self.keep_up();
            // Once all has been listed, new deliveries are those of the last hour; late ones wait for the review.
            let recent = (Utc::now() - RECENT).date_naive();
            from = sources.iter().map(|source| source.listed_as().map(|_| recent)).collect();
            self.wait().await;
        }
        Ok(())
    }

    /// Reads the queue until what is known of old objects can be dropped.
    async fn read(&mut self, queue: &Queue) -> Result<()> {
        // A message tells of an object that was written since the queue keeps messages, at most fourteen days.
        let known = Known::since((Utc::now() - queue::KEPT - LOOK_BACK).timestamp_micros());
        let mut pump = self.pump(known).await?;
        let review = Instant::now() + REVIEW;
        while !self.is_stopped() && Instant::now() < review {
            if let Some(batch) = queue.receive(self.following.stop.clone()).await? {
                let round = queue.bring(&mut pump, batch).await?;
                self.note(round);
            }
            self.keep_up();
        }
        Ok(())
    }

    async fn pump(&self, known: Known) -> Result<Pump> {
        Pump::open(self.lake, &self.options, known, self.progress, self.following.stop.clone()).await
    }

    /// A store or queue that cannot be reached for a while does not end what has once begun.
    async fn go_on_after(&mut self, outcome: Result<()>, what: &str) -> Result<()> {
        let Err(error) = outcome else { return Ok(()) };
        if self.rounds == 0 || error.kind() != Kind::Storage {
            return Err(error);
        }
        let mut round = Summary::default();
        round.note_unlisted(what, &error);
        self.note(round);
        self.wait().await;
        Ok(())
    }

    /// Waits, unless it is stopped before.
    async fn wait(&mut self) {
        let stopped = self.following.stop.wait_for(|stop| *stop);
        // An error means that nobody can stop it any more, and then nobody waits for it either.
        let _ = tokio::time::timeout(self.following.every, stopped).await;
    }
}
