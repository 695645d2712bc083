//! Chooses what is read: listed objects that the lake does not have, in the order of their days.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::sync::mpsc::Receiver;
use tokio::sync::mpsc::Sender;

use crate::error::Error;
use crate::error::Result;
use crate::ingest::Progress;
use crate::ingest::Summary;
use crate::ingest::listing;
use crate::ingest::listing::Met;
use crate::ingest::scope::Scope;
use crate::ingest::scope::Window;
use crate::ingest::source::Found;
use crate::ingest::source::Source;
use crate::lake::Known;
use crate::lake::Lake;

/// So many objects are put into the order of their days at a time.
const CHUNK: usize = 50_000;
/// So many objects may be listed ahead.
const AHEAD: usize = 4_096;

/// An object to read, and the hashes of the bytes that were read under its URL before.
pub(super) type Planned = (Found, Option<Vec<String>>);

/// A source and the part of it that is listed.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) source: Source,
    pub(super) window: Window,
}

/// What planning needs to know.
#[derive(Debug)]
pub(super) struct Planner {
    pub(super) lake: Lake,
    pub(super) known: Known,
    pub(super) scope: Scope,
    pub(super) progress: Arc<Progress>,
}

/// What listing has come to.
#[derive(Debug, Default)]
pub(super) struct Planning {
    /// `objects`, `known`, `outside` and what could not be listed.
    pub(super) summary: Summary,
    /// Whether each source was listed whole.
    pub(super) listed: Vec<bool>,
}

impl Planner {
    /// Lists the sources and sends what is new, a chunk at a time; then what failed before.
    ///
    /// # Errors
    /// Nothing of a source could be listed, or the lake cannot be read.
    pub(super) async fn plan(&self, jobs: Vec<Job>, chunks: Sender<Vec<Planned>>) -> Result<Planning> {
        let mut planning = Planning::default();
        let mut seen = Seen::new(jobs.len() > 1);
        let sources: Vec<Source> = jobs.iter().map(|job| job.source.clone()).collect();
        for job in jobs {
            let (sender, receiver) = mpsc::channel(AHEAD);
            let (name, from) = (job.source.name.clone(), job.window.from);
            let listing = tokio::spawn(listing::list(job.source, job.window, sender));
            let empty = planning.summary.empty.len();
            let whole = self.plan_source(&name, receiver, &mut planning, &mut seen, &chunks).await;
            if from.is_some() {
                // That the last days brought nothing is no mistake.
                planning.summary.empty.truncate(empty);
            }
            listing.abort();
            planning.listed.push(whole?);
        }
        self.retry(&sources, &mut planning, &mut seen, &chunks).await?;
        Ok(planning)
    }

    async fn plan_source(
        &self,
        name: &str,
        mut receiver: Receiver<Met>,
        planning: &mut Planning,
        seen: &mut Seen,
        chunks: &Sender<Vec<Planned>>,
    ) -> Result<bool> {
        let mut refused: Option<Error> = None;
        let mut objects = 0_u64;
        loop {
            let mut chunk = Vec::new();
            while chunk.len() < CHUNK {
                match receiver.recv().await {
                    None => break,
                    Some(Met::Object(found)) => {
                        objects += 1;
                        self.consider(found, planning, seen, &mut chunk);
                    }
                    Some(Met::Passed(folder)) => planning.summary.passed.push(folder),
                    Some(Met::Refused(folder, error)) => {
                        planning.summary.note_unlisted(&folder, &error);
                        refused = Some(error);
                    }
                }
            }
            if chunk.is_empty() {
                break;
            }
            if chunks.send(self.in_order(chunk).await?).await.is_err() {
                // The reader has failed, and says why.
                return Ok(false);
            }
        }
        match refused {
            Some(error) if objects == 0 => Err(error),
            None if objects == 0 && planning.summary.passed.is_empty() => {
                planning.summary.empty.push(name.to_owned());
                Ok(true)
            }
            refused => Ok(refused.is_none()),
        }
    }

    /// Counts an object, and keeps it if it is to be read.
    fn consider(&self, found: Found, planning: &mut Planning, seen: &mut Seen, chunk: &mut Vec<Found>) {
        let summary = &mut planning.summary;
        if !seen.is_new(&found.url) {
            return;
        }
        summary.objects += 1;
        if self.known.contains(&found.url, found.etag.as_deref()) {
            summary.known += 1;
        } else if found.is_outside(&self.scope) {
            summary.outside += 1;
        } else {
            self.progress.plan(&found);
            seen.planned(&found.url);
            chunk.push(found);
        }
    }

    /// The days in order, so that a batch is about few days and each gets one well-sized file.
    async fn in_order(&self, mut chunk: Vec<Found>) -> Result<Vec<Planned>> {
        chunk.sort_by(|a, b| a.order().cmp(&b.order()));
        let touched = chunk.iter().map(|found| &found.url).filter(|url| self.known.contains_url(url));
        let mut hashes = match touched.cloned().collect::<HashSet<_>>() {
            none if none.is_empty() => BTreeMap::new(),
            touched => self.lake.hashes(touched).await?,
        };
        Ok(chunk
            .into_iter()
            .map(|found| {
                let earlier = hashes.remove(&found.url);
                (found, earlier)
            })
            .collect())
    }

    /// Plans what failed before and was not met again, because its day was not listed.
    async fn retry(
        &self,
        sources: &[Source],
        planning: &mut Planning,
        seen: &mut Seen,
        chunks: &Sender<Vec<Planned>>,
    ) -> Result<()> {
        let mut chunk = Vec::new();
        let failed = self.known.failed();
        // What failed may have been read since, in a part of the ledger that was not looked into.
        let urls =
            failed.iter().map(|(url, _)| url.to_string()).filter(|url| !seen.was_planned(url)).collect();
        let settled = self.lake.settled(&urls).await?;
        for (url, etag) in failed.into_iter().filter(|(url, _)| !settled.contains(url.as_ref())) {
            let place = sources.iter().find_map(|source| source.path_of(&url));
            if let Some((location, path)) = place.filter(|_| !seen.was_planned(&url)) {
                let found = Found::named(location, path, etag.map(Into::into));
                if !found.is_outside(&self.scope) {
                    planning.summary.objects += 1;
                    self.progress.plan(&found);
                    chunk.push(found);
                }
            }
        }
        if !chunk.is_empty() {
            let _ = chunks.send(self.in_order(chunk).await?).await;
        }
        Ok(())
    }
}

/// What has been met in this run: two sources may name one object, and what failed before may be met again.
struct Seen {
    met: Option<HashSet<u64>>,
    planned: HashSet<u64>,
    key: RandomState,
}

impl Seen {
    fn new(several_sources: bool) -> Self {
        let met = several_sources.then(HashSet::new);
        Self { met, planned: HashSet::new(), key: RandomState::new() }
    }

    fn is_new(&mut self, url: &str) -> bool {
        let hash = self.key.hash_one(url);
        self.met.as_mut().is_none_or(|met| met.insert(hash))
    }

    fn planned(&mut self, url: &str) {
        self.planned.insert(self.key.hash_one(url));
    }

    fn was_planned(&self, url: &str) -> bool {
        self.planned.contains(&self.key.hash_one(url))
    }
}
