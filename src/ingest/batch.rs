//! Commits full batches, one at a time, while the next is read.

use std::collections::BTreeMap;
use std::collections::HashSet;

use chrono::Utc;
use tokio::task::JoinHandle;

use crate::error::Error;
use crate::error::Result;
use crate::ingest::Summary;
use crate::ingest::read::Read;
use crate::lake::Known;
use crate::lake::Lake;
use crate::lake::Limits;
use crate::lake::Object;
use crate::lake::Status;
use crate::lake::Writer;
use crate::logs::LOGS;
use crate::logs::Log;

/// A writer for each log that has come up; they share what they know.
#[derive(Debug)]
pub(super) struct Writers {
    lake: Lake,
    limits: Limits,
    known: Known,
    open: BTreeMap<&'static str, Writer>,
}

impl Writers {
    pub(super) fn new(lake: Lake, limits: Limits, known: Known) -> Self {
        Self { lake, limits, known, open: BTreeMap::new() }
    }

    /// The writer of a log. What belongs to no log is noted beside the first.
    pub(super) async fn of(&mut self, log: Option<&'static str>) -> Result<&mut Writer> {
        let first = LOGS.first().copied().ok_or_else(|| Error::internal("no log is known"))?;
        let log: &'static dyn Log =
            LOGS.iter().copied().find(|known| Some(known.name()) == log).unwrap_or(first);
        match self.open.entry(log.name()) {
            std::collections::btree_map::Entry::Occupied(writer) => Ok(writer.into_mut()),
            std::collections::btree_map::Entry::Vacant(place) => {
                let writer = self.lake.writer_knowing(log, self.limits, &self.known).await?;
                Ok(place.insert(writer))
            }
        }
    }

    /// Commits a batch, a commit a log, and adds up what became of it.
    async fn commit(&mut self, batch: Vec<Read>, summary: &mut Summary) -> Result<()> {
        let (outcomes, objects): (Vec<_>, Vec<_>) = batch.into_iter().map(Read::into_parts).unzip();
        let mut by_log: BTreeMap<Option<&'static str>, Vec<Object>> = BTreeMap::new();
        for object in objects {
            by_log.entry(object.source.log).or_default().push(object);
        }
        let mut already_in: HashSet<String> = HashSet::new();
        for (log, objects) in by_log {
            let committed = self.of(log).await?.commit(objects, Utc::now()).await?;
            already_in.extend(committed.already_in);
            summary.commits += 1;
            summary.rows += committed.rows;
            summary.rejected += committed.rejected;
            summary.bytes_written += committed.bytes;
        }
        for outcome in outcomes {
            // What failed is not there because somebody else brought it, but because it failed before as well.
            if already_in.contains(&outcome.url) && outcome.status != Status::Failed {
                summary.elsewhere += 1;
            } else {
                summary.note(outcome);
            }
        }
        Ok(())
    }
}

/// Commits one batch at a time while the next is read: never are there more than two.
#[derive(Debug)]
pub(super) struct Committer {
    running: Option<JoinHandle<Result<(Writers, Summary)>>>,
    idle: Option<(Writers, Summary)>,
}

impl Committer {
    pub(super) fn new(writers: Writers) -> Self {
        Self { running: None, idle: Some((writers, Summary::default())) }
    }

    /// Starts committing a batch once the one before is done.
    pub(super) async fn start(&mut self, batch: Vec<Read>) -> Result<()> {
        let (mut writers, mut summary) = self.finish().await?;
        self.running = Some(tokio::spawn(async move {
            writers.commit(batch, &mut summary).await?;
            Ok((writers, summary))
        }));
        Ok(())
    }

    /// Waits for the last commit.
    pub(super) async fn finish(&mut self) -> Result<(Writers, Summary)> {
        if let Some(running) = self.running.take() {
            return running
                .await
                .map_err(|error| Error::internal("the committing task ended early").caused_by(error))?;
        }
        self.idle.take().ok_or_else(|| Error::internal("the writer is gone"))
    }
}
