//! One table's Delta log: load it, follow it, commit to it.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use deltalake_core::DeltaTableError;
use deltalake_core::kernel::Action;
use deltalake_core::kernel::Add;
use deltalake_core::kernel::EagerSnapshot;
use deltalake_core::logstore::CommitOrBytes;
use deltalake_core::logstore::LogStoreRef;
use deltalake_core::logstore::StorageConfig;
use deltalake_core::logstore::default_logstore;
use deltalake_core::logstore::get_actions;
use object_store::ObjectStore;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use serde_json::Value;
use uuid::Uuid;

use crate::error::Error;
use crate::error::Result;
use crate::lake::actions;
use crate::lake::actions::commit_bytes;
use crate::lake::actions::commit_id;
use crate::lake::actions::exact_columns;
use crate::lake::actions::properties;
use crate::lake::actions::rewritten;
use crate::lake::actions::sorted_by;
use crate::lake::bounds;
use crate::lake::bounds::FileBounds;
use crate::lake::encode::Rows;
use crate::lake::encode::write_file;
use crate::lake::layout;
use crate::lake::layout::EVENT_DATE;
use crate::lake::layout::Shape;
use crate::lake::layout::day_text;
use crate::lake::layout::parse_day;
use crate::lake::named::Named;
use crate::storage;
use crate::storage::Location;

/// A data file of a table, as of some version.
#[derive(Clone, Debug)]
pub(super) struct DataFile {
    /// Its path in the store.
    pub(super) path: Path,
    /// Its size in bytes.
    pub(super) size: u64,
    /// When it was written, in milliseconds since 1970.
    pub(super) modified: i64,
    /// Its day, in days since 1970; none when its rows have no date or the table is not partitioned.
    pub(super) day: Option<i32>,
    /// What is known of its content.
    pub(super) bounds: FileBounds,
    /// The compaction that wrote it, if one did.
    pub(super) sorted: Option<Box<str>>,
}

/// One version of a table.
#[derive(Clone, Debug)]
pub(super) struct TableState {
    /// The version.
    pub(super) version: u64,
    /// Its files by their path in the log.
    pub(super) files: Arc<BTreeMap<String, Arc<DataFile>>>,
    /// Of a ledger table: up to which version of each log's table it holds the ledger.
    pub(super) marks: BTreeMap<String, u64>,
    /// Of a log's table: what its commits name, as far back as may not be in the ledger tables yet.
    pub(super) named: Vec<Named>,
    /// The names of the columns its metadata declares.
    pub(super) declared: Arc<Vec<String>>,
    /// Whether it was not there yet.
    pub(super) absent: bool,
    /// What its metadata says beside the columns.
    pub(super) properties: Arc<BTreeMap<String, String>>,
    /// Which files commits have written anew without changing a row: those that were, and what they became.
    pub(super) rewritten: Vec<(Vec<String>, Vec<String>)>,
    /// When it was last known to be the newest.
    pub(super) seen: Instant,
}

/// What became of a try to commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The commit is in the log.
    Done,
    /// Another writer's commit has that version; ours is not in the log and will never be.
    Taken,
}

/// A table and the way to its log.
#[derive(Clone)]
pub(super) struct Table {
    /// What it is made of.
    pub(super) shape: Shape,
    /// Its folder in the store.
    pub(super) root: Path,
    /// Its log.
    pub(super) log: LogStoreRef,
    /// Its URL, for messages.
    pub(super) url: String,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Table").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Table {
    pub(super) fn new(location: &Location, shape: Shape) -> Result<Self> {
        let root = location.path.clone().join(shape.name);
        let mut url = location.url.clone();
        url.path_segments_mut()
            .map_err(|()| Error::user(format!("{} cannot hold a lake", location.url)))?
            .pop_if_empty()
            .push(shape.name)
            .push("");
        let store = Arc::clone(&location.store);
        // The library's own factories know only some schemes; this log store works over any store with
        // conditional put, and leaves retries to the store.
        let prefixed: Arc<dyn ObjectStore> = Arc::new(PrefixStore::new(Arc::clone(&store), root.clone()));
        let log = default_logstore(prefixed, store, &url, &StorageConfig::default());
        Ok(Self { url: location.url_of(&root), shape, root, log })
    }

    pub(super) fn failed(&self, doing: &str, error: DeltaTableError) -> Error {
        let message = format!("cannot {doing} the table log of {}", self.url);
        if matches!(error, DeltaTableError::ObjectStore { .. }) || Error::within(&error).is_some() {
            return storage::failed(message, error);
        }
        Error::data(message).caused_by(error)
    }

    /// Tells whether the table has been created.
    pub(super) async fn exists(&self) -> Result<bool> {
        if self.read_commit(0).await?.is_some() {
            return Ok(true);
        }
        // Another tool may have cleaned up old versions, which must not look like a table yet to be made.
        match self.log.object_store(None).head(&Path::from("_delta_log/_last_checkpoint")).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.failed("find", error.into())),
        }
    }

    /// Loads the newest version.
    ///
    /// A table that is not there yet is what it will be once it is created: empty, at version 0.
    pub(super) async fn load(&self, logs: &[&str]) -> Result<TableState> {
        if !self.exists().await? {
            let declared = self.shape.columns.iter().map(|column| column.name.to_owned()).collect();
            return Ok(TableState {
                version: 0,
                files: Arc::default(),
                marks: BTreeMap::new(),
                named: Vec::new(),
                declared: Arc::new(declared),
                absent: true,
                properties: Arc::default(),
                rewritten: Vec::new(),
                seen: Instant::now(),
            });
        }
        self.load_version(logs, None).await
    }

    /// Loads a version that the table has, the newest if none is given.
    pub(super) async fn load_version(&self, logs: &[&str], version: Option<u64>) -> Result<TableState> {
        let seen = Instant::now();
        let snapshot = self.list(version).await?;
        let reader = snapshot.protocol().min_reader_version();
        if reader > 1 {
            return Err(Error::data(format!("{} needs reader version {reader} of Delta Lake", self.url))
                .hinted(
                    "another tool changed this table; read it with that tool, or ingest into a new lake",
                ));
        }
        let mut files = BTreeMap::new();
        let log_data = snapshot.try_log_data().map_err(|error| self.failed("load", error))?;
        for view in log_data.iter() {
            // The deprecation points to another crate's arrays; the action is what a commit holds too.
            #[allow(deprecated)]
            let add = view.add_action();
            files.insert(add.path.clone(), Arc::new(self.file(&add)));
        }
        let mut marks = BTreeMap::new();
        if self.shape.log.is_none() {
            for name in logs {
                let mark = snapshot.transaction_version(self.log.as_ref(), name).await;
                let mark = mark.map_err(|error| self.failed("load", error))?;
                marks.insert((*name).to_owned(), mark.and_then(|mark| mark.try_into().ok()).unwrap_or(0));
            }
        }
        let declared = snapshot.schema().fields().map(|field| field.name().clone()).collect();
        Ok(TableState {
            version: snapshot.version(),
            files: Arc::new(files),
            marks,
            named: Vec::new(),
            declared: Arc::new(declared),
            absent: false,
            properties: Arc::new(properties(snapshot.metadata())),
            rewritten: Vec::new(),
            seen,
        })
    }

    /// The number of the newest version; 0 when the table is not there.
    pub(super) async fn newest(&self) -> Result<u64> {
        if !self.exists().await? {
            return Ok(0);
        }
        Ok(self.list(None).await?.version())
    }

    /// The number that an application transaction has come to in the newest version.
    pub(super) async fn mark(&self, name: &str) -> Result<Option<i64>> {
        let snapshot = self.list(None).await?;
        let mark = snapshot.transaction_version(self.log.as_ref(), name).await;
        mark.map_err(|error| self.failed("load", error))
    }

    /// Lists the log and reads it.
    ///
    /// A folder that others write into while it is listed may show a new version and not the one before it, which
    /// looks like damage; so it is looked at more than once.
    async fn list(&self, version: Option<u64>) -> Result<EagerSnapshot> {
        const LOOKS: usize = 20;
        let mut looks = 1;
        loop {
            match EagerSnapshot::try_new(self.log.as_ref(), version).await {
                Ok(snapshot) => return Ok(snapshot),
                Err(error @ DeltaTableError::ObjectStore { .. }) => return Err(self.failed("load", error)),
                Err(error) if looks == LOOKS => return Err(self.failed("load", error)),
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
            looks += 1;
        }
    }

    /// Brings a state up to the newest version, one commit at a time; tells whether it changed.
    ///
    /// Commits are read by their number, so that an unchanged table costs one request and no listing.
    pub(super) async fn follow(&self, state: &mut TableState, logs: &[&str]) -> Result<bool> {
        let (before, seen) = (state.version, Instant::now());
        while let Some(actions) = self.read_commit(state.version + 1).await? {
            let known = actions.iter().all(|action| {
                matches!(
                    action,
                    Action::Add(Add { deletion_vector: None, .. })
                        | Action::Remove(_)
                        | Action::Txn(_)
                        | Action::CommitInfo(_)
                )
            });
            if known {
                self.apply(state, &actions)?;
                continue;
            }
            // New metadata or a feature: the library knows what it means.
            let mut loaded = self.load(logs).await?;
            loaded.named = std::mem::take(&mut state.named);
            loaded.rewritten = std::mem::take(&mut state.rewritten);
            if self.shape.log.is_some() {
                for version in state.version + 1..=loaded.version {
                    loaded.named.extend(self.named_in(version).await?);
                }
            }
            *state = loaded;
        }
        state.seen = seen;
        Ok(state.version != before)
    }

    /// Applies the commit after the state's version.
    pub(super) fn apply(&self, state: &mut TableState, actions: &[Action]) -> Result<()> {
        let named = self.named(state.version + 1, actions)?;
        state.version += 1;
        state.absent = false;
        state.rewritten.extend(rewritten(actions));
        let files = Arc::make_mut(&mut state.files);
        for action in actions {
            match action {
                Action::Add(add) => {
                    files.insert(add.path.clone(), Arc::new(self.file(add)));
                }
                Action::Remove(remove) => {
                    files.remove(&remove.path);
                }
                Action::Txn(mark) => {
                    let version = u64::try_from(mark.version).unwrap_or(0);
                    state.marks.insert(mark.app_id.clone(), version);
                }
                _ => {}
            }
        }
        state.named.extend(named);
        Ok(())
    }

    /// The actions of a version; none if it is not there, or not any more.
    pub(super) async fn read_commit(&self, version: u64) -> Result<Option<Vec<Action>>> {
        let bytes = self.log.read_commit_entry(version).await;
        match bytes.map_err(|error| self.failed("read", error))? {
            None => Ok(None),
            Some(bytes) => {
                get_actions(version, &bytes).map(Some).map_err(|error| self.failed("understand", error))
            }
        }
    }

    /// Tries to make these actions the given version of the table.
    ///
    /// # Errors
    /// The store failed, and the commit is not in the log now. It may still arrive, if the store is that slow;
    /// so the files it names must not be deleted.
    pub(super) async fn commit(
        &self,
        version: u64,
        operation: &str,
        ours: &Value,
        actions: &[Action],
    ) -> Result<Outcome> {
        let id = Uuid::new_v4();
        let bytes = commit_bytes(id, version, operation, ours, actions)?;
        let entry = CommitOrBytes::LogBytes(bytes.into());
        let Err(error) = self.log.write_commit_entry(version, entry, id).await else {
            return Ok(Outcome::Done);
        };
        // Neither "it exists" nor a failure says whose commit is there: a store that repeats a request whose
        // answer was lost finds its own.
        match self.read_commit(version).await {
            Ok(Some(found)) if commit_id(&found).as_deref() == Some(&id.to_string()) => Ok(Outcome::Done),
            Ok(Some(_)) => Ok(Outcome::Taken),
            Ok(None) | Err(_) => {
                Err(storage::failed(format!("cannot commit version {version} of {}", self.url), error))
            }
        }
    }

    /// Writes a data file, which is in no version before a commit names it.
    pub(super) async fn write(
        &self,
        store: &Arc<dyn ObjectStore>,
        partition: Option<Option<i32>>,
        rows: Rows,
    ) -> Result<Add> {
        let relative = layout::new_file(partition);
        let written = write_file(store, &self.path(&relative), self.shape, rows).await?;
        let described = bounds::from_parquet(&self.shape, &written.metadata);
        let day = partition.map(|day| day.and_then(layout::day_text));
        Ok(actions::add(relative, day, written.size, described))
    }

    /// The file that an action adds.
    pub(super) fn file(&self, add: &Add) -> DataFile {
        let day = add.partition_values.get(EVENT_DATE).and_then(Option::as_deref).and_then(parse_day);
        let bounds = add.stats.as_deref();
        let bounds = bounds.map(|text| bounds::from_json(&self.shape, text, &exact_columns(add)));
        DataFile {
            path: self.path(&add.path),
            size: u64::try_from(add.size).unwrap_or(0),
            modified: add.modification_time,
            day: day.filter(|_| self.shape.partitioned),
            bounds: bounds.unwrap_or_default(),
            sorted: sorted_by(add).map(Into::into),
        }
    }

    /// What the log says of the partition of files of a day.
    pub(super) fn partition_values(&self, day: Option<i32>) -> HashMap<String, Option<String>> {
        let value = || (EVENT_DATE.to_owned(), day.and_then(day_text));
        self.shape.partitioned.then(value).into_iter().collect()
    }

    /// The path in the store of a file of this table.
    pub(super) fn path(&self, relative: &str) -> Path {
        let parts = relative.split('/').fold(self.root.to_string(), |path, part| path + "/" + part);
        Path::parse(&parts).unwrap_or_else(|_| Path::from(parts))
    }
}
