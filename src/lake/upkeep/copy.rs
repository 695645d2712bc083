//! The lake, or a part of it, at another place.
//!
//! Files that go as a whole are copied byte by byte under the same names; where only some rows go, the files are
//! written anew. Everything is read back and compared before the last commit, that of `sources`, makes it a lake.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use deltalake_core::kernel::Action;
use deltalake_core::kernel::Add;
use futures::StreamExt;
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::ObjectStoreExt;
use object_store::buffered::BufWriter;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::error::Error;
use crate::error::Result;
use crate::lake::Lake;
use crate::lake::actions;
use crate::lake::bounds;
use crate::lake::delta::DataFile;
use crate::lake::delta::Outcome;
use crate::lake::delta::Table;
use crate::lake::delta::TableState;
use crate::lake::layout::REJECTS;
use crate::lake::layout::SOURCES;
use crate::lake::tables::Files;
use crate::lake::tables::Tables;
use crate::lake::upkeep::compact::TARGET;
use crate::lake::upkeep::compact::knows_all_columns;
use crate::lake::upkeep::compact::order;
use crate::lake::upkeep::content::Content;
use crate::lake::upkeep::content::content;
use crate::lake::upkeep::holds::OURS;
use crate::lake::upkeep::holds::metadata;
use crate::lake::upkeep::read::ACCOUNT;
use crate::lake::upkeep::read::Keep;
use crate::lake::upkeep::read::footer;
use crate::lake::upkeep::rewrite::Means;
use crate::lake::upkeep::rewrite::Rewrite;
use crate::logs::Log;
use crate::storage;
use crate::storage::Location;

/// Files copied at once.
const AT_ONCE: usize = 8;
/// Bytes sent at a time.
const PART_BYTES: usize = 8 << 20;

/// Which part of a lake is copied.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// The first day; rows without a date are left out if it is given.
    pub since: Option<NaiveDate>,
    /// The day after the last one.
    pub until: Option<NaiveDate>,
    /// The only account.
    pub account: Option<String>,
}

/// What was copied of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The table.
    pub table: &'static str,
    /// Files at the new place.
    pub files: usize,
    /// Bytes of those.
    pub bytes: u64,
    /// Its rows and their hash, read back and found equal to the origin's.
    pub content: Content,
}

impl Part {
    fn is_whole(&self) -> bool {
        self.since.is_none() && self.until.is_none() && self.account.is_none()
    }

    fn has_day(&self, day: Option<i32>) -> bool {
        let Some(day) = day.and_then(NaiveDate::from_epoch_days) else {
            return self.since.is_none() && self.until.is_none();
        };
        self.since.is_none_or(|since| day >= since) && self.until.is_none_or(|until| day < until)
    }

    /// Which rows of a table's files go; none if the table knows no accounts and one is asked for.
    fn keep(&self, table: &Table) -> Option<Keep> {
        if self.is_whole() {
            return Some(Keep::All);
        }
        if table.shape.partitioned {
            let Some(account) = &self.account else { return Some(Keep::All) };
            let has_accounts = table.shape.file_columns().iter().any(|column| column.name == ACCOUNT);
            return has_accounts.then(|| Keep::Only([account.clone()].into()));
        }
        // What proves the rows is small, and of no use in parts.
        if !matches!(table.shape.name, SOURCES | REJECTS) {
            return Some(Keep::All);
        }
        let micros = |day: Option<NaiveDate>| {
            day.map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros())
        };
        let is_sources = table.shape.columns.first().is_some_and(|column| column.name == "url");
        Some(Keep::Ledger {
            url: if is_sources { "url" } else { "source_file" },
            mentions: self.account.clone(),
            times: is_sources.then_some(["first_event_time", "last_event_time"]),
            range: [micros(self.since), micros(self.until)],
        })
    }
}

impl Lake {
    /// Copies the newest snapshot, or a part of it, to a place where there is no lake yet.
    ///
    /// # Errors
    /// There is something at the new place, a store fails, or what was read back differs.
    pub async fn copy(
        &self,
        to: &Location,
        logs: &[&'static dyn Log],
        part: &Part,
        means: Means,
        mut told: impl FnMut(&Copied),
    ) -> Result<()> {
        self.refresh().await?;
        let states = self.0.states.lock().await.clone();
        let all = self.tables().files(&states);
        let target = Tables::new(to, logs)?;
        let occupied = to.store.list(Some(&to.path)).try_next().await;
        if occupied.map_err(|error| storage::failed(format!("cannot list {to}"), error))?.is_some() {
            return Err(Error::user(format!("there is something at {to} already"))
                .hinted("give a new folder or prefix; what a copy left that broke off can be deleted"));
        }
        // `sources` comes last: once it is there, there is a lake.
        let tables: Vec<_> = self.tables().iter().zip(target.iter()).zip(states.iter().zip(&all)).collect();
        for ((from, to_table), (state, files)) in tables.into_iter().rev() {
            let copied = self.copy_table((from, state, files), (&to.store, to_table), part, means).await?;
            told(&copied);
        }
        Ok(())
    }

    async fn copy_table(
        &self,
        (from, state, files): (&Table, &TableState, &Files),
        (store, to): (&Arc<dyn ObjectStore>, &Table),
        part: &Part,
        means: Means,
    ) -> Result<Copied> {
        knows_all_columns(from, state)?;
        let keep = part.keep(from);
        let chosen = files.iter().filter(|(_, file)| !from.shape.partitioned || part.has_day(file.day));
        let chosen: Vec<(&String, Arc<DataFile>)> = match keep {
            Some(_) => chosen.map(|(path, file)| (path, Arc::clone(file))).collect(),
            None => Vec::new(),
        };
        let keep = keep.unwrap_or_default();
        let adds = match keep {
            Keep::All => self.copy_files(store, to, &chosen).await?,
            _ => self.copy_rows(from, store, to, &chosen, &keep, means).await?,
        };
        let new: Vec<_> = adds.iter().map(|add| Arc::new(to.file(add))).collect();
        let (count, bytes) = (new.len(), new.iter().map(|file| file.size).sum());
        let old = chosen.into_iter().map(|(_, file)| file).collect();
        let (expected, found) =
            (content(self.store(), from, old, &keep).await?, content(store, to, new, &Keep::All).await?);
        if expected != found {
            return Err(Error::data(format!(
                "the copy of {} holds {} rows with the hash {:032x}, but the origin {} with {:032x}",
                from.shape.name, found.rows, found.hash, expected.rows, expected.hash
            ))
            .hinted("the copy is no lake; delete it and try again"));
        }
        to.create(Vec::new()).await?;
        let mut actions: Vec<Action> = adds.into_iter().map(Action::Add).collect();
        let properties = state.properties.iter().filter(|(key, _)| key.starts_with(OURS));
        let properties: Vec<_> =
            properties.map(|(key, value)| (key.as_str(), Some(value.as_str()))).collect();
        if !properties.is_empty() {
            actions.push(Action::Metadata(metadata(to, 0, &properties).await?));
        }
        if to.shape.log.is_none() {
            // The tables of the logs are at version 1, and name nothing that the ledger has not.
            actions.extend(self.tables().log_names().into_iter().map(|log| actions::mark(log, 1)));
        }
        if to.commit(1, "WRITE", &json!({"copied_from": self.location().to_string()}), &actions).await?
            == Outcome::Taken
        {
            return Err(Error::user("something else writes to the place of the copy"));
        }
        Ok(Copied { table: from.shape.name, files: count, bytes, content: found })
    }

    async fn copy_files(
        &self,
        store: &Arc<dyn ObjectStore>,
        to: &Table,
        files: &[(&String, Arc<DataFile>)],
    ) -> Result<Vec<Add>> {
        let copies = files.iter().map(|(path, file)| async move {
            let failed = |error| storage::failed(format!("cannot copy {}", file.path), error);
            let mut bytes = self.store().get(&file.path).await.map_err(failed)?.into_stream();
            let mut upload = BufWriter::with_capacity(Arc::clone(store), to.path(path), PART_BYTES);
            while let Some(part) = bytes.try_next().await.map_err(failed)? {
                upload.put(part).await.map_err(failed)?;
            }
            upload
                .shutdown()
                .await
                .map_err(|error| storage::failed(format!("cannot write {}", to.path(path)), error))?;
            let copy = DataFile { path: to.path(path), size: file.size, ..DataFile::clone(file) };
            let footer = footer(store, &copy).await?;
            let day = to.partition_values(file.day).into_values().next();
            let mut add =
                actions::add((*path).clone(), day, file.size, bounds::from_parquet(&to.shape, &footer));
            if let Some(run) = &file.sorted {
                add.tags.get_or_insert_default().insert(actions::SORTED.to_owned(), Some(run.to_string()));
            }
            Ok(add)
        });
        futures::stream::iter(copies).buffered(AT_ONCE).try_collect().await
    }

    async fn copy_rows(
        &self,
        from: &Table,
        store: &Arc<dyn ObjectStore>,
        to: &Table,
        files: &[(&String, Arc<DataFile>)],
        keep: &Keep,
        means: Means,
    ) -> Result<Vec<Add>> {
        let mut days: BTreeMap<Option<i32>, Vec<Arc<DataFile>>> = BTreeMap::new();
        for (_, file) in files {
            days.entry(file.day).or_default().push(Arc::clone(file));
        }
        let mut adds = Vec::new();
        for (day, files) in days {
            let rewrite = Rewrite {
                store,
                source: self.store(),
                table: to,
                partition: from.shape.partitioned.then_some(day),
                files,
                keep: keep.clone(),
                order: order(from),
                target: TARGET,
                means,
            };
            adds.extend(rewrite.run().await?.adds);
        }
        Ok(adds)
    }
}
