//! Rows -> Parquet -> one atomic commit, which each object enters once, whoever else is writing.
//!
//! The commit of the log's table is the moment of truth. It is conditional on the very version whose ledger was
//! checked, so of two writers that bring the same object one loses, sees what the other brought, and drops it.

use std::collections::HashSet;
use std::num::NonZero;
use std::sync::Arc;

use arrow::array::RecordBatch;
use chrono::DateTime;
use chrono::Utc;
use deltalake_core::kernel::Action;
use deltalake_core::kernel::Add;
use futures::StreamExt;
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use serde_json::Value;
use serde_json::json;

use crate::error::Error;
use crate::error::Result;
use crate::lake::Lake;
use crate::lake::actions;
use crate::lake::delta::Outcome;
use crate::lake::delta::Table;
use crate::lake::encode::Rows;
use crate::lake::gather::by_day;
use crate::lake::integrity::digest_files_batch;
use crate::lake::integrity::digests_batch;
use crate::lake::known::Known;
use crate::lake::layout::Shape;
use crate::lake::ledger::Object;
use crate::lake::ledger::rejects_batch;
use crate::lake::ledger::sources_batch;
use crate::lake::listed_mark;
use crate::lake::named::Named;
use crate::lake::tables::LEDGERS;
use crate::lake::tables::States;
use crate::lake::tables::TRIES;
use crate::lake::upkeep::Checkpoints;
use crate::logs::Log;

/// What a writer may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many files are encoded at once, each on a thread of its own with a row group in memory.
    pub threads: NonZero<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { threads: std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN) }
    }
}

/// What a batch of objects became.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The version of the log's table that holds it, or that already held all of it.
    pub version: u64,
    /// Rows stored.
    pub rows: u64,
    /// Rejects stored.
    pub rejected: u64,
    /// Data files written for the log's table.
    pub files: usize,
    /// Bytes of those files.
    pub bytes: u64,
    /// The URLs of the objects that were left out, because they were in already.
    pub already_in: Vec<String>,
}

/// Brings batches of objects of one log into the lake.
#[derive(Debug)]
pub struct Writer {
    lake: Lake,
    log: &'static dyn Log,
    limits: Limits,
    states: States,
    known: Known,
    checkpoints: Checkpoints,
}

/// The files of a batch, written but in no version yet.
struct Files {
    data: Vec<Add>,
    /// For each of the ledger tables.
    ledgers: [Vec<Add>; LEDGERS.len()],
}

impl Writer {
    /// Makes sure that the tables are there, that the ledger is complete, and that it is known.
    pub(super) async fn open(
        lake: Lake,
        log: &'static dyn Log,
        limits: Limits,
        known: Known,
    ) -> Result<Self> {
        let tables = lake.tables();
        tables.create().await?;
        let mut states = tables.load().await?;
        let checkpoints = Checkpoints::from(&states);
        tables.roll_forward(&mut states).await?;
        let (at, table) = tables.of_log(log.name())?;
        if let Some(state) = states.get_mut(at) {
            table.declare_columns(state, &[]).await?;
        }
        let mut writer = Self { lake, log, limits, states, known, checkpoints };
        writer.learn().await?;
        Ok(writer)
    }

    /// The objects that are in the lake, as of the writer's last commit. It learns from later commits.
    pub fn known(&self) -> Known {
        self.known.clone()
    }

    /// Brings the objects into the lake in one commit; those that are in already are left out.
    ///
    /// `ingested_at` is noted in the ledger. When it is done, all readers see all of the objects; when it fails or
    /// is killed, none, except that after an error of the store the commit may yet be found in the lake. Bringing
    /// the same objects again is right in every case.
    ///
    /// # Errors
    /// The store fails, or the counts of an object do not add up.
    pub async fn commit(&mut self, objects: Vec<Object>, ingested_at: DateTime<Utc>) -> Result<Committed> {
        for object in &objects {
            object.check()?;
        }
        let lake = self.lake.clone();
        let (at, table) = lake.tables().of_log(self.log.name())?;
        let mut objects = objects;
        let mut committed = Committed::default();
        let mut written: Option<Files> = None;
        // Whoever wrote in the meantime is better met before the files are written than after.
        self.catch_up().await?;
        for _ in 0..TRIES {
            committed.version = self.version(at);
            if self.drop_known(&mut objects, &mut committed.already_in)
                && let Some(stale) = written.take()
            {
                self.delete(table, stale).await;
            }
            if objects.is_empty() {
                return Ok(committed);
            }
            let files = match written.take() {
                Some(files) => files,
                None => self.write(table, &objects, ingested_at).await?,
            };
            let named = LEDGERS.iter().zip(&files.ledgers).filter(|(_, adds)| !adds.is_empty());
            let ours: Value = named.map(|(shape, adds)| (shape.name.to_owned(), json!(adds))).collect();
            let actions: Vec<Action> = files.data.iter().cloned().map(Action::Add).collect();
            // A failed commit leaves the files alone: it may yet arrive, and would name them.
            if table.commit(committed.version + 1, "WRITE", &ours, &actions).await? == Outcome::Done {
                committed.version += 1;
                self.finish(at, &objects, &files, &mut committed).await?;
                return Ok(committed);
            }
            written = Some(files);
            tokio::task::yield_now().await;
            self.catch_up().await?;
        }
        Err(Error::storage(format!("{} has too many writers", table.root))
            .hinted("try again; nothing is lost"))
    }

    /// Notes that all objects that a source had at a time are in the lake, or failed.
    ///
    /// # Errors
    /// The store fails.
    pub async fn note_listed(&mut self, source: &str, at: DateTime<Utc>) -> Result<()> {
        let lake = self.lake.clone();
        let mark = u64::try_from(at.timestamp_micros()).unwrap_or(0);
        lake.tables().note(&mut self.states, actions::mark(&listed_mark(source), mark)).await
    }

    fn version(&self, at: usize) -> u64 {
        self.states.get(at).map_or(0, |state| state.version)
    }

    /// Drops the objects that are in the lake or twice in the batch; tells whether there were any.
    fn drop_known(&self, objects: &mut Vec<Object>, dropped: &mut Vec<String>) -> bool {
        let before = objects.len();
        let mut seen = HashSet::new();
        objects.retain(|object| {
            let source = &object.source;
            let new = seen.insert((source.url.clone(), source.etag.clone())) && !self.known.has(source);
            if !new {
                dropped.push(source.url.clone());
            }
            new
        });
        objects.len() != before
    }

    async fn write(&self, table: &Table, objects: &[Object], at: DateTime<Utc>) -> Result<Files> {
        let batches: Vec<RecordBatch> = objects.iter().flat_map(|object| &object.batches).cloned().collect();
        let data = self.write_rows(table, batches).await?;
        let objects: Vec<&Object> = objects.iter().collect();
        let batches = [
            Some(sources_batch(&objects, at)?),
            rejects_batch(&objects, at)?,
            digests_batch(&objects, at)?,
            digest_files_batch(&objects)?,
        ];
        let mut ledgers: [Vec<Add>; LEDGERS.len()] = Default::default();
        for ((shape, batch), place) in LEDGERS.into_iter().zip(batches).zip(&mut ledgers) {
            *place = self.write_ledger(shape, batch).await?;
        }
        Ok(Files { data, ledgers })
    }

    async fn write_rows(&self, table: &Table, batches: Vec<RecordBatch>) -> Result<Vec<Add>> {
        if batches.is_empty() {
            return Ok(Vec::new());
        }
        let expected = table.shape.batch_schema();
        for batch in &batches {
            if !same_columns(batch, &expected) {
                return Err(Error::internal(format!("rows for {} have other columns", table.shape.name)));
            }
        }
        let (batches, log) = (Arc::new(batches), self.log);
        let sorted = {
            let batches = Arc::clone(&batches);
            tokio::task::spawn_blocking(move || by_day(&batches, log.sort_columns())).await
        };
        let days = sorted
            .map_err(|error| Error::internal("sorting rows broke off").caused_by(error))?
            .map_err(|error| Error::internal("cannot sort rows").caused_by(error))?;
        futures::stream::iter(days)
            .map(|(day, order)| {
                let rows = Rows { batches: Arc::clone(&batches), order: Arc::new(order) };
                let partition = table.shape.partitioned.then_some(day);
                self.write_one(table, partition, rows)
            })
            .buffer_unordered(self.limits.threads.get())
            .try_collect()
            .await
    }

    async fn write_ledger(&self, shape: Shape, batch: Option<RecordBatch>) -> Result<Vec<Add>> {
        let Some(batch) = batch else { return Ok(Vec::new()) };
        let (_, table) = self.lake.tables().named(shape.name)?;
        Ok(vec![self.write_one(table, None, Rows::all(batch)).await?])
    }

    async fn write_one(&self, table: &Table, partition: Option<Option<i32>>, rows: Rows) -> Result<Add> {
        table.write(self.lake.store(), partition, rows).await
    }

    /// Notes a commit of ours, rolls the ledger forward and leaves a checkpoint now and then.
    async fn finish(
        &mut self,
        at: usize,
        objects: &[Object],
        files: &Files,
        committed: &mut Committed,
    ) -> Result<()> {
        let lake = self.lake.clone();
        let (_, table) = lake.tables().of_log(self.log.name())?;
        if let Some(state) = self.states.get_mut(at) {
            let named = Named { version: committed.version, files: files.ledgers.clone() };
            let actions: Vec<Action> = files.data.iter().cloned().map(Action::Add).collect();
            table.apply(state, &actions)?;
            state.named.push(named);
        }
        for Object { source, .. } in objects {
            self.known.learn(
                &source.url,
                source.etag.as_deref(),
                source.status.as_str(),
                source.detail.as_deref(),
            );
            committed.rows += source.records - source.rejected;
            committed.rejected += source.rejected;
        }
        files.ledgers.iter().take(1).flatten().for_each(|add| self.known.learn_file(&add.path));
        committed.files = files.data.len();
        committed.bytes = files.data.iter().map(|add| u64::try_from(add.size).unwrap_or(0)).sum();
        lake.tables().roll_forward(&mut self.states).await?;
        self.checkpoints.write_due(lake.tables(), &self.states).await;
        Ok(())
    }

    async fn catch_up(&mut self) -> Result<()> {
        let lake = self.lake.clone();
        lake.tables().follow(&mut self.states).await?;
        lake.tables().roll_forward(&mut self.states).await?;
        self.learn().await
    }

    async fn learn(&mut self) -> Result<()> {
        for (at, state) in self.states.iter_mut().enumerate() {
            let rewritten = std::mem::take(&mut state.rewritten);
            if at == 0 {
                rewritten.iter().for_each(|(before, after)| self.known.learn_rewritten(before, after));
            }
        }
        let files = self.lake.tables().files(&self.states);
        match files.first() {
            Some(sources) => self.known.read(self.lake.store(), sources).await,
            None => Ok(()),
        }
    }

    /// Deletes files that no commit names or ever will. Best effort: what stays is found by a vacuum.
    async fn delete(&self, table: &Table, files: Files) {
        // The ledger tables are the first, in their order.
        let ledgers = self.lake.tables().iter().zip(files.ledgers);
        for (table, adds) in std::iter::once((table, files.data)).chain(ledgers) {
            for add in adds {
                if let Err(error) = self.lake.store().delete(&table.path(&add.path)).await {
                    tracing::debug!(%error, "a stale file stays");
                }
            }
        }
    }
}

fn same_columns(batch: &RecordBatch, expected: &arrow::datatypes::Schema) -> bool {
    let schema = batch.schema();
    schema.fields().len() == expected.fields().len()
        && schema.fields().iter().zip(expected.fields()).all(|(field, expected)| {
            field.name() == expected.name() && field.data_type() == expected.data_type()
        })
}
