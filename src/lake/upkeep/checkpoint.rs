//! Checkpoints, from which a table opens fast, and the removal of the log that lies before them.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use chrono::Utc;
use deltalake_core::DeltaTable;
use futures::StreamExt;
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use serde_json::Value;

use crate::error::Result;
use crate::lake::Lake;
use crate::lake::delta::Table;
use crate::lake::delta::TableState;
use crate::lake::tables::States;
use crate::lake::tables::Tables;
use crate::storage;

/// After how many versions a table gets a checkpoint.
const EVERY: u64 = 100;

/// The log of a table is never cleaned up so fast that a commit is removed within this time of its making.
const LONG_UNSEEN: Duration = Duration::from_secs(3_600);

/// Which versions the tables had when it was last looked whether a checkpoint is due.
#[derive(Clone, Debug)]
pub(in crate::lake) struct Checkpoints(Vec<u64>);

impl Checkpoints {
    /// Begins with what is there.
    pub(in crate::lake) fn from(states: &States) -> Self {
        Self(states.iter().map(|state| state.version).collect())
    }

    /// Writes a checkpoint of each table whose version has passed a multiple of [`EVERY`].
    ///
    /// Whoever makes the commit that passes it writes the checkpoint, so that it happens once, and also where every
    /// process makes one commit only. It is a courtesy to readers, so an error is no failure of the commit.
    pub(in crate::lake) async fn write_due(&mut self, tables: &Tables, states: &States) {
        for ((table, state), last) in tables.iter().zip(states).zip(&mut self.0) {
            if state.version / EVERY > *last / EVERY
                && let Err(error) = table.checkpoint().await
            {
                tracing::warn!(%error, "no checkpoint; the lake opens slower");
            }
            *last = state.version;
        }
    }
}

impl Lake {
    /// Removes the part of the tables' logs that only versions older than `before` need; tells how many files.
    ///
    /// Such versions cannot be read any more. What the ledger tables have not taken over yet always stays.
    ///
    /// # Errors
    /// The store fails.
    pub async fn clean_logs(&self, before: DateTime<Utc>) -> Result<usize> {
        let mut states = self.tables().load().await?;
        self.tables().roll_forward_fully(&mut states).await?;
        let mut removed = 0;
        for (at, table) in self.tables().iter().enumerate() {
            let kept = self.tables().oldest_needed(&states, at);
            removed += clean(self, table, before, kept).await?;
        }
        Ok(removed)
    }
}

impl Table {
    /// Writes a checkpoint of the newest version, from which the table opens faster.
    async fn checkpoint(&self) -> Result<()> {
        let mut table = DeltaTable::new(Arc::clone(&self.log));
        table.load().await.map_err(|error| self.failed("load", error))?;
        deltalake_core::checkpoints::create_checkpoint(&table, None)
            .await
            .map_err(|error| self.failed("write a checkpoint of", error))
    }

    /// Tells whether the log may have lost the commits that follow a state: it has a newer checkpoint, and the next
    /// commit is not there. Asked only of states that nobody has brought up to date for long.
    pub(in crate::lake) async fn is_cut_off(&self, state: &TableState) -> Result<bool> {
        if state.seen.elapsed() < LONG_UNSEEN || self.read_commit(state.version + 1).await?.is_some() {
            return Ok(false);
        }
        let path = Path::from("_delta_log/_last_checkpoint");
        let hint = match self.log.object_store(None).get(&path).await {
            Ok(hint) => hint.bytes().await,
            Err(object_store::Error::NotFound { .. }) => return Ok(false),
            Err(error) => Err(error),
        };
        let hint = hint.map_err(|error| self.failed("read", error.into()))?;
        let hint: Value = serde_json::from_slice(&hint).unwrap_or_default();
        Ok(hint.get("version").and_then(Value::as_u64).is_some_and(|version| version > state.version))
    }
}

/// A file of a table's log.
struct Entry {
    path: Path,
    version: u64,
    checkpoint: bool,
    modified: DateTime<Utc>,
}

async fn clean(lake: &Lake, table: &Table, before: DateTime<Utc>, kept: u64) -> Result<usize> {
    let folder = table.root.clone().join("_delta_log");
    let failed = |error| storage::failed(format!("cannot clean the table log in {folder}"), error);
    let entries: Vec<Entry> = lake
        .store()
        .list(Some(&folder))
        .try_filter_map(|object| {
            let entry = parse(object.location.filename().unwrap_or_default());
            let (path, modified) = (object.location, object.last_modified);
            std::future::ready(Ok(entry.map(|(version, checkpoint)| Entry {
                path,
                version,
                checkpoint,
                modified,
            })))
        })
        .try_collect()
        .await
        .map_err(failed)?;
    // The version as of that time is the newest one that was there by then; all later ones stay whole.
    let commits = entries.iter().filter(|entry| !entry.checkpoint);
    let newest_old = commits.filter(|entry| entry.modified <= before).map(|entry| entry.version).max();
    let Some(as_of) = newest_old else { return Ok(0) };
    let base = entries.iter().filter(|entry| entry.checkpoint && entry.version <= as_of.min(kept));
    let Some(base) = base.map(|entry| entry.version).max() else { return Ok(0) };
    let mut old: Vec<_> = entries.into_iter().filter(|entry| entry.version < base).collect();
    // Oldest first: a run that is killed leaves no hole.
    old.sort_by_key(|entry| (entry.version, entry.checkpoint));
    let count = old.len();
    let paths = futures::stream::iter(old.into_iter().map(|entry| Ok(entry.path))).boxed();
    let deleted: Result<Vec<_>, _> = lake.store().delete_stream(paths).try_collect().await;
    match deleted {
        // Another process cleaned up at the same time.
        Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(count),
        Err(error) => Err(failed(error)),
    }
}

/// The version of a file of a log, and whether it is a checkpoint; none for files that trailql does not write.
fn parse(name: &str) -> Option<(u64, bool)> {
    let (digits, rest) = name.split_at_checked(20)?;
    let checkpoint = match rest {
        ".json" => false,
        ".checkpoint.parquet" => true,
        _ => return None,
    };
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| Some((digits.parse().ok()?, checkpoint)))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_log_are_cleaned_up() {
        assert_eq!(parse("00000000000000000012.json"), Some((12, false)));
        assert_eq!(parse("00000000000000000100.checkpoint.parquet"), Some((100, true)));
        for other in
            ["_last_checkpoint", "00000000000000000012.crc", "+0000000000000000012.json", "notes.json"]
        {
            assert_eq!(parse(other), None);
        }
    }
}
