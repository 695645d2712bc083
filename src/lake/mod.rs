//! Where rows live: Delta tables of Parquet files, written exactly once and read as snapshots.
//!
//! ```text
//! <lake>/cloudtrail/event_date=2026-09-17/part-....parquet   + _delta_log/
//! <lake>/sources/part-....parquet                            + _delta_log/
//! <lake>/rejects/part-....parquet                            + _delta_log/
//! <lake>/digests/, digest_files/, keys/, file_verdicts/      likewise: what proves that the logs are whole
//! ```
//!
//! **How an object enters once.** A [`Writer`] knows which objects `sources` lists as of version V of the log's
//! table. It writes the data files and the ledger files of a batch, and then one commit that must become version
//! V + 1; the ledger files are named in that commit's information. If another writer has V + 1, the commit fails,
//! the writer reads what the other brought, drops it, and tries V + 2. The ledger tables are rolled forward from
//! the commits: their own commits carry the version of the log's table they have come to, and whoever opens the
//! lake appends what is missing. Killed anywhere, a writer leaves files that no commit names, and nothing else.
//!
//! **How it is read.** A [`Snapshot`] is one version of every table with the statistics of each file, held in
//! memory. Planning a query asks the store nothing. What a log's commit names for the ledger is part of the
//! snapshot at once, so all tables of a snapshot agree, even where nobody may write.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

use chrono::DateTime;
use chrono::Utc;
use datafusion::execution::context::SessionContext;
use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::ObjectStore;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::error::Error;
use crate::error::Result;
use crate::lake::tables::States;
use crate::lake::tables::Tables;
use crate::logs::Log;
use crate::storage::Location;

mod actions;
mod bounds;
mod declare;
mod delta;
mod encode;
mod gather;
pub mod integrity;
pub mod keys;
pub mod known;
pub mod layout;
pub mod ledger;
mod named;
mod parts;
pub mod snapshot;
mod table;
mod tables;
pub mod upkeep;
pub mod verdicts;
pub mod writer;

#[cfg(test)]
mod tests;

pub use keys::Key;
pub use known::Known;
pub use ledger::Object;
pub use ledger::Source;
pub use ledger::Status;
pub use snapshot::Snapshot;
pub use snapshot::TableSummary;
pub use verdicts::Verdict;
pub use verdicts::Verdicts;
pub use writer::Committed;
pub use writer::Limits;
pub use writer::Writer;

/// A lake. Cheap to clone; clones share what they have loaded.
#[derive(Clone, Debug)]
pub struct Lake(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    location: Location,
    tables: Tables,
    store_url: ObjectStoreUrl,
    /// What was loaded last; held while the next is loaded, so that requests in between share one load.
    states: Mutex<States>,
    snapshot: RwLock<Arc<Snapshot>>,
}

impl Lake {
    /// Opens a lake for reading, and writing if the store allows.
    ///
    /// # Errors
    /// There is no lake at the location, or it cannot be read.
    pub async fn open(location: &Location, logs: &[&'static dyn Log]) -> Result<Self> {
        let tables = Tables::new(location, logs)?;
        if !tables.exist().await? {
            return Err(Error::user(format!("there is no lake at {location}"))
                .hinted(format!("`trailql --lake {location} ingest SOURCE` makes one")));
        }
        Self::load(location, tables).await
    }

    /// Opens a lake, or makes an empty one.
    ///
    /// # Errors
    /// The store fails, or what is there cannot be read.
    pub async fn open_or_create(location: &Location, logs: &[&'static dyn Log]) -> Result<Self> {
        let tables = Tables::new(location, logs)?;
        tables.create().await?;
        Self::load(location, tables).await
    }

    async fn load(location: &Location, tables: Tables) -> Result<Self> {
        let mut states = tables.load().await?;
        if let Err(error) = tables.roll_forward(&mut states).await {
            // A reader need not be allowed to write: the snapshot is complete without it.
            tracing::warn!(%error, "the ledger tables of the lake are behind its commits");
        }
        let name = format!("trailql-lake://{}", Uuid::new_v4().simple());
        let store_url = ObjectStoreUrl::parse(name)
            .map_err(|error| Error::internal("cannot name the store").caused_by(error))?;
        let snapshot = Arc::new(Snapshot::new(&tables, &states, &store_url));
        Ok(Self(Arc::new(Inner {
            location: location.clone(),
            tables,
            store_url,
            states: Mutex::new(states),
            snapshot: RwLock::new(snapshot),
        })))
    }

    /// Picks up new commits of all tables; costs one small request a table when there are none.
    ///
    /// # Errors
    /// The store fails, or a commit cannot be read; the old snapshot stays.
    pub async fn refresh(&self) -> Result<()> {
        let mut states = self.0.states.lock().await;
        let mut next = states.clone();
        let changed = self.0.tables.follow(&mut next).await?;
        // Only a writer wants to know.
        next.iter_mut().for_each(|state| state.rewritten.clear());
        if !changed {
            *states = next;
        } else {
            let snapshot = Arc::new(Snapshot::new(&self.0.tables, &next, &self.0.store_url));
            *states = next;
            *self.0.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        }
        Ok(())
    }

    /// The newest loaded version of all tables. It never changes; only [`Lake::refresh`] brings a newer one.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The objects that are in, as of the snapshot. It does not learn of later ones; that of a [`Writer`] does.
    ///
    /// # Errors
    /// `sources` cannot be read.
    pub async fn known(&self) -> Result<Known> {
        let known = Known::default();
        if let Some(files) = self.snapshot().files(layout::SOURCES) {
            known.read(self.store(), files).await?;
        }
        Ok(known)
    }

    /// The SHA-256 of the bytes that were read before under each of some URLs.
    ///
    /// # Errors
    /// `sources` cannot be read.
    pub async fn hashes(&self, urls: HashSet<String>) -> Result<BTreeMap<String, Vec<String>>> {
        self.refresh().await?;
        match self.snapshot().files(layout::SOURCES).filter(|_| !urls.is_empty()) {
            Some(files) => Known::hashes(self.store(), files, &urls).await,
            None => Ok(BTreeMap::new()),
        }
    }

    /// Those of some URLs that are in the lake and need not be tried again.
    ///
    /// # Errors
    /// `sources` cannot be read.
    pub async fn settled(&self, urls: &HashSet<String>) -> Result<HashSet<String>> {
        self.refresh().await?;
        match self.snapshot().files(layout::SOURCES).filter(|_| !urls.is_empty()) {
            Some(files) => Known::settled(self.store(), files, urls).await,
            None => Ok(HashSet::new()),
        }
    }

    /// Makes a writer for one of the logs the lake was opened with.
    ///
    /// # Errors
    /// The lake cannot be read or written.
    pub async fn writer(&self, log: &'static dyn Log, limits: Limits) -> Result<Writer> {
        Writer::open(self.clone(), log, limits, Known::default()).await
    }

    /// Makes a writer that shares with others what it knows of the objects that are in.
    ///
    /// # Errors
    /// The lake cannot be read or written.
    pub async fn writer_knowing(
        &self,
        log: &'static dyn Log,
        limits: Limits,
        known: &Known,
    ) -> Result<Writer> {
        Writer::open(self.clone(), log, limits, known.clone()).await
    }

    /// When a source was last listed whole, as [`Writer::note_listed`] noted it.
    ///
    /// # Errors
    /// `sources` cannot be read.
    pub async fn listed(&self, source: &str) -> Result<Option<DateTime<Utc>>> {
        let mark = self.tables().mark(&listed_mark(source)).await?;
        Ok(mark.and_then(DateTime::from_timestamp_micros))
    }

    /// Makes the lake's files reachable for the queries of a session; its tables can be scanned only then.
    pub fn register(&self, session: &SessionContext) {
        session.register_object_store(self.0.store_url.as_ref(), Arc::clone(&self.0.location.store));
    }

    /// Where the lake is.
    pub fn location(&self) -> &Location {
        &self.0.location
    }

    fn tables(&self) -> &Tables {
        &self.0.tables
    }

    fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.0.location.store
    }
}

/// The name of the application transaction in `sources` that holds when a source was listed.
fn listed_mark(source: &str) -> String {
    format!("listed {source}")
}
