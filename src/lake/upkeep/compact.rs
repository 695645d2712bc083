//! The small files of a day become sorted ones of a good size, in one commit a day.
//!
//! A file that a compaction wrote carries the name of that run as a tag in the table's log, so that a day whose
//! files are all of one run is known to be in order without opening a file. The ledger tables have no days: there
//! only small files are merged, so that what is large already is not written again and again.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::DateTime;
use chrono::Duration;
use chrono::NaiveDate;
use chrono::Utc;
use deltalake_core::kernel::Action;
use deltalake_core::kernel::Remove;
use serde_json::json;
use uuid::Uuid;

use crate::error::Error;
use crate::error::Result;
use crate::lake::Lake;
use crate::lake::actions;
use crate::lake::delta::DataFile;
use crate::lake::delta::Outcome;
use crate::lake::delta::Table;
use crate::lake::delta::TableState;
use crate::lake::layout::REJECTS;
use crate::lake::layout::SOURCES;
use crate::lake::tables::TRIES;
use crate::lake::upkeep::checkpoint::Checkpoints;
use crate::lake::upkeep::read::Keep;
use crate::lake::upkeep::rewrite::Means;
use crate::lake::upkeep::rewrite::Rewrite;
use crate::lake::upkeep::rewrite::Rewritten;
use crate::lake::upkeep::rewrite::delete;

/// How large a compacted file is unless it is said.
pub const TARGET: u64 = 256 << 20;
/// So many files that came after a day was compacted are reason enough to do it again, however small they are.
const MANY_LATE: usize = 8;
/// Files that came later and are this part of the day are reason enough, too.
const LATE_PART: u64 = 20;
/// A day, or a ledger table, with so many files that are not compacted is due before it is over.
const TOO_MANY: usize = 64;
/// A day is over so long after its end: by then nearly all of its events have been delivered.
const DELIVERED: Duration = Duration::hours(2);

/// Which days are compacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// All that gain by it, also those that still grow.
    All,
    /// Those before this time.
    Before(DateTime<Utc>),
    /// Those that are over at this time, and those that have too many files: what is done without being asked.
    Over(DateTime<Utc>),
}

/// What is compacted, and how.
#[derive(Clone, Copy, Debug)]
pub struct Compact {
    /// Which days.
    pub due: Due,
    /// The size of a file in bytes, about.
    pub target: u64,
    /// What it may use.
    pub means: Means,
}

impl Default for Compact {
    fn default() -> Self {
        Self { due: Due::All, target: TARGET, means: Means::default() }
    }
}

/// What became of the files of a day, or of a ledger table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// The table.
    pub table: &'static str,
    /// The day; none if its rows have no date or the table has no days.
    pub day: Option<NaiveDate>,
    /// Files before.
    pub files_before: usize,
    /// Files after.
    pub files_after: usize,
    /// Bytes before.
    pub bytes_before: u64,
    /// Bytes after.
    pub bytes_after: u64,
    /// Rows in them.
    pub rows: u64,
    /// Whether it is in the lake; if not, another process changed the same files first, and nothing was done.
    pub done: bool,
}

/// The files of a table by their paths in its log.
type Chosen = Vec<(String, Arc<DataFile>)>;

impl Lake {
    /// Compacts what is due; `told` hears of each day.
    ///
    /// Others may ingest and query meanwhile. If it fails or is killed, the days it has told of are done.
    ///
    /// # Errors
    /// The store fails, a newer release wrote the lake, or the rows are too large to be sorted in the memory given.
    pub async fn compact(&self, compact: &Compact, mut told: impl FnMut(&Compacted)) -> Result<()> {
        self.refresh().await?;
        let mut states = self.0.states.lock().await.clone();
        let mut checkpoints = Checkpoints::from(&states);
        let names: Vec<&str> = self.tables().log_names();
        for (at, table) in self.tables().iter().enumerate() {
            let Some(state) = states.get_mut(at) else { continue };
            let groups = match table.shape.partitioned {
                true => due_days(state, compact),
                false => small_files(state, compact).into_iter().map(|files| (None, files)).collect(),
            };
            if !groups.is_empty() {
                knows_all_columns(table, state)?;
            }
            for (day, files) in groups {
                let compacted = self.compact_files(table, state, &names, (day, files), compact).await?;
                told(&compacted);
            }
        }
        checkpoints.write_due(self.tables(), &states).await;
        self.refresh().await
    }

    /// Tells how many days and ledger tables are due.
    pub async fn due(&self, compact: &Compact) -> Result<usize> {
        self.refresh().await?;
        let states = self.0.states.lock().await;
        let tables = self.tables().iter().zip(states.iter());
        let due = tables.map(|(table, state)| match table.shape.partitioned {
            true => due_days(state, compact).len(),
            false => usize::from(small_files(state, compact).is_some()),
        });
        Ok(due.sum())
    }

    async fn compact_files(
        &self,
        table: &Table,
        state: &mut TableState,
        names: &[&str],
        (day, files): (Option<i32>, Chosen),
        compact: &Compact,
    ) -> Result<Compacted> {
        let partition = table.shape.partitioned.then_some(day);
        let rewrite = Rewrite {
            store: self.store(),
            source: self.store(),
            table,
            partition,
            files: files.iter().map(|(_, file)| Arc::clone(file)).collect(),
            keep: Keep::All,
            order: order(table),
            target: compact.target,
            means: compact.means,
        };
        let mut new = rewrite.run().await?;
        check(table, &files, &new)?;
        let run = Uuid::new_v4().simple().to_string();
        for add in &mut new.adds {
            add.data_change = false;
            add.tags.get_or_insert_with(HashMap::new).insert(actions::SORTED.to_owned(), Some(run.clone()));
        }
        let mut actions: Vec<Action> =
            files.iter().map(|(path, file)| Action::Remove(remove(table, path, file, false))).collect();
        actions.extend(new.adds.iter().cloned().map(Action::Add));
        let ours = json!({"run": run, "rows": new.rows});
        let done = replace(table, state, names, "OPTIMIZE", &ours, &actions, &files).await?;
        if !done {
            delete(self.store(), table, &new.adds).await;
        }
        Ok(Compacted {
            table: table.shape.name,
            day: day.and_then(NaiveDate::from_epoch_days),
            files_before: files.len(),
            files_after: new.adds.len(),
            bytes_before: files.iter().map(|(_, file)| file.size).sum(),
            bytes_after: new.adds.iter().map(|add| u64::try_from(add.size).unwrap_or(0)).sum(),
            rows: new.rows,
            done,
        })
    }
}

/// Commits actions that replace some files, unless another commit has removed one of them; tells whether it did.
///
/// An error of the store leaves the new files alone: the commit may yet arrive, and would name them.
pub(super) async fn replace(
    table: &Table,
    state: &mut TableState,
    names: &[&str],
    operation: &str,
    ours: &serde_json::Value,
    actions: &[Action],
    replaced: &Chosen,
) -> Result<bool> {
    for _ in 0..TRIES {
        if table.commit(state.version + 1, operation, ours, actions).await? == Outcome::Done {
            table.follow(state, names).await?;
            return Ok(true);
        }
        tokio::task::yield_now().await;
        table.follow(state, names).await?;
        if !replaced.iter().all(|(path, _)| state.files.contains_key(path)) {
            return Ok(false);
        }
    }
    Err(Error::storage(format!("{} has too many writers", table.root)).hinted("try again; nothing is lost"))
}

/// The action that removes a file.
pub(super) fn remove(table: &Table, path: &str, file: &DataFile, data_change: bool) -> Remove {
    let partition = table.partition_values(file.day);
    Remove {
        path: path.to_owned(),
        data_change,
        deletion_timestamp: Some(Utc::now().timestamp_millis()),
        extended_file_metadata: Some(true),
        partition_values: Some(partition),
        size: i64::try_from(file.size).ok(),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
    }
}

/// The columns that rows of a table are sorted by within a file.
pub(super) fn order(table: &Table) -> &'static [&'static str] {
    match (table.shape.log, table.shape.name) {
        (Some(log), _) => log.sort_columns(),
        // What is new is asked for by the time it was written, so files should differ in that.
        (None, SOURCES) => &["last_modified", "url"],
        (None, REJECTS) => &["ingested_at", "source_file", "position"],
        (None, _) => &[],
    }
}

/// Holds that no column would be lost by writing its files anew.
pub(super) fn knows_all_columns(table: &Table, state: &TableState) -> Result<()> {
    let known = |name: &String| table.shape.columns.iter().any(|column| column.name == name);
    match state.declared.iter().find(|name| !known(name)) {
        None => Ok(()),
        Some(name) => {
            Err(Error::data(format!("{} has a column {name} that this release does not know", table.root))
                .hinted("a newer trailql wrote this lake: run the upkeep with that release"))
        }
    }
}

/// Holds that as many rows were written as read, and read as the table's log says there are.
fn check(table: &Table, files: &Chosen, new: &Rewritten) -> Result<()> {
    let expected = files.iter().map(|(_, file)| file.bounds.rows).sum::<Option<u64>>().unwrap_or(new.read);
    if new.read == new.rows && new.rows == expected {
        return Ok(());
    }
    Err(Error::data(format!(
        "files of {} should hold {expected} rows; {} were read and {} written, and nothing was changed",
        table.root, new.read, new.rows
    )))
}

/// The days that gain by it, oldest first, with their files.
fn due_days(state: &TableState, compact: &Compact) -> Vec<(Option<i32>, Chosen)> {
    let mut days: BTreeMap<Option<i32>, Chosen> = BTreeMap::new();
    for (path, file) in state.files.iter() {
        days.entry(file.day).or_default().push((path.clone(), Arc::clone(file)));
    }
    let over = |day: Option<i32>, at: DateTime<Utc>| {
        let end = day.and_then(|day| NaiveDate::from_epoch_days(day.checked_add(1)?));
        end.is_some_and(|end| end.and_time(chrono::NaiveTime::MIN).and_utc() <= at)
    };
    days.retain(|day, files| {
        let asked = match compact.due {
            Due::All => true,
            Due::Before(time) => over(*day, time),
            Due::Over(now) => over(*day, now - DELIVERED) || loose(files) >= TOO_MANY,
        };
        asked && gains(files, compact.target)
    });
    days.into_iter().collect()
}

fn loose(files: &Chosen) -> usize {
    files.iter().filter(|(_, file)| file.sorted.is_none()).count()
}

/// Tells whether a day has files that are not in order with the others, enough of them to write the day anew.
fn gains(files: &Chosen, target: u64) -> bool {
    if files.len() < 2 {
        return false;
    }
    let total: u64 = files.iter().map(|(_, file)| file.size).sum();
    let mut runs: HashMap<&str, (u64, usize)> = HashMap::new();
    for (_, file) in files {
        if let Some(run) = file.sorted.as_deref() {
            let (bytes, count) = runs.entry(run).or_default();
            *bytes += file.size;
            *count += 1;
        }
    }
    let (settled, count) = runs.into_values().max().unwrap_or_default();
    let late = files.len() - count;
    let late_bytes = total - settled;
    // A larger target may have been asked for since.
    let too_small = late == 0 && count as u64 > 2 * total.div_ceil(target.max(1)) + 1;
    late >= MANY_LATE || (late > 0 && late_bytes.saturating_mul(LATE_PART) >= total) || too_small
}

/// The files of a ledger table to merge, if that is worth it.
fn small_files(state: &TableState, compact: &Compact) -> Option<Chosen> {
    let small = state.files.iter().filter(|(_, file)| file.size < compact.target / 2);
    let mut small: Chosen = small.map(|(path, file)| (path.clone(), Arc::clone(file))).collect();
    if matches!(compact.due, Due::Over(_)) {
        // Without being asked, a file is merged with others that are together about as large, so that each row is
        // written only a few times while the table grows.
        small.sort_by_key(|(_, file)| file.size);
        let mut bytes = 0;
        let fits = small.iter().take_while(|(_, file)| {
            let fits = bytes == 0 || file.size <= 4 * bytes;
            bytes += file.size;
            fits
        });
        let fits = fits.count();
        small.truncate(fits);
        return (small.len() >= TOO_MANY).then_some(small);
    }
    (small.len() >= 2).then_some(small)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(size: u64, sorted: Option<&str>) -> (String, Arc<DataFile>) {
        let file = DataFile {
            path: "f".into(),
            size,
            modified: 0,
            day: Some(1),
            bounds: Default::default(),
            sorted: sorted.map(Into::into),
        };
        ("f".to_owned(), Arc::new(file))
    }

    #[test]
    fn a_day_is_compacted_when_it_gains_by_it() {
        assert!(!gains(&vec![file(10, None)], TARGET), "one file is in order");
        assert!(gains(&vec![file(10, None), file(10, None)], TARGET));
        assert!(!gains(&vec![file(TARGET, Some("a")), file(10, Some("a"))], TARGET), "one run is in order");
        assert!(gains(&vec![file(100, Some("a")), file(100, Some("b"))], TARGET), "two runs are not");
        assert!(!gains(&vec![file(1000, Some("a")), file(10, None)], TARGET), "too little came late");
        assert!(gains(&vec![file(1000, Some("a")), file(60, None)], TARGET));
        let mut many = vec![file(100_000, Some("a"))];
        many.extend((0..MANY_LATE).map(|_| file(1, None)));
        assert!(gains(&many, TARGET));
    }
}
