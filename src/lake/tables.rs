//! The tables of a lake together: loaded in one order, and the ledger rolled forward from the logs.

use std::collections::BTreeMap;
use std::sync::Arc;

use deltalake_core::kernel::Action;
use futures::StreamExt;
use futures::TryStreamExt;
use serde_json::Value;

use crate::error::Error;
use crate::error::Result;
use crate::lake::actions::mark;
use crate::lake::delta::DataFile;
use crate::lake::delta::Outcome;
use crate::lake::delta::Table;
use crate::lake::delta::TableState;
use crate::lake::layout::Shape;
use crate::lake::named::Named;
use crate::logs::Log;
use crate::storage::Location;

/// How often a commit is tried when other writers are always first.
pub(super) const TRIES: usize = 1000;
/// How many versions a ledger table may fall behind a log whose commits have nothing for it.
const LAG: u64 = 32;
/// The tables that follow the logs. They come first, so that they are never loaded newer than the logs they follow.
pub(super) const LEDGERS: [Shape; 4] = [Shape::SOURCES, Shape::REJECTS, Shape::DIGESTS, Shape::DIGEST_FILES];
/// The tables that are written on their own. They come next.
const NOTES: [Shape; 2] = [Shape::KEYS, Shape::FILE_VERDICTS];
/// The place of the first log's table.
const LOGS_AT: usize = LEDGERS.len() + NOTES.len();

/// The tables of a lake.
#[derive(Debug)]
pub(super) struct Tables {
    /// Those that follow the logs, those that stand alone, then one table for each log.
    all: Vec<Table>,
}

/// One version of each table, in the same order.
pub(super) type States = Vec<TableState>;

/// The files of one version of a table.
pub(super) type Files = Arc<BTreeMap<String, Arc<DataFile>>>;

impl Tables {
    pub(super) fn new(location: &Location, logs: &[&'static dyn Log]) -> Result<Self> {
        let shapes = LEDGERS.into_iter().chain(NOTES).chain(logs.iter().map(|log| Shape::of_log(*log)));
        Ok(Self { all: shapes.map(|shape| Table::new(location, shape)).collect::<Result<_>>()? })
    }

    /// The tables in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Table> {
        self.all.iter()
    }

    /// The place and the table of a log.
    pub(super) fn of_log(&self, log: &str) -> Result<(usize, &Table)> {
        let mut logs = self.all.iter().enumerate().skip(LOGS_AT);
        logs.find(|(_, table)| table.shape.name == log)
            .ok_or_else(|| Error::internal(format!("the lake was opened without the log {log}")))
    }

    /// The names of the tables of logs.
    pub(super) fn log_names(&self) -> Vec<&'static str> {
        self.all.iter().skip(LOGS_AT).map(|table| table.shape.name).collect()
    }

    /// Tells whether there is a lake.
    pub(super) async fn exist(&self) -> Result<bool> {
        match self.all.first() {
            Some(sources) => sources.exists().await,
            None => Ok(false),
        }
    }

    /// Creates the tables that are missing; `sources` last, because it says that the lake is there.
    ///
    /// A ledger table that comes into a lake of an earlier release has nothing to catch up with: nobody names files for
    /// it before it is there.
    pub(super) async fn create(&self) -> Result<()> {
        for (at, table) in self.all.iter().enumerate().rev() {
            if table.exists().await? {
                continue;
            }
            let mut marks = Vec::new();
            if at < LEDGERS.len() {
                for log in self.all.iter().skip(LOGS_AT) {
                    let version = log.newest().await?;
                    marks.extend((version > 0).then(|| mark(log.shape.name, version)));
                }
            }
            table.create(marks).await?;
        }
        Ok(())
    }

    /// The table of that name and its place.
    pub(super) fn named(&self, name: &str) -> Result<(usize, &Table)> {
        let found = self.all.iter().enumerate().find(|(_, table)| table.shape.name == name);
        found.ok_or_else(|| Error::internal(format!("the lake has no {name}")))
    }

    /// Loads the newest version of every table.
    pub(super) async fn load(&self) -> Result<States> {
        let names = self.log_names();
        let mut states = Vec::with_capacity(self.all.len());
        for table in &self.all {
            states.push(table.load(&names).await?);
        }
        self.settle_absent(&mut states).await?;
        self.recall(&mut states).await?;
        Ok(states)
    }

    /// Gives ledger tables that are not there yet the marks of the logs: no commit up to there names files for them.
    async fn settle_absent(&self, states: &mut States) -> Result<()> {
        let names = self.log_names();
        let marks: BTreeMap<String, u64> = self
            .all
            .iter()
            .zip(states.iter())
            .skip(LOGS_AT)
            .map(|(log, state)| (log.shape.name.to_owned(), state.version))
            .collect();
        for (table, state) in self.all.iter().zip(states.iter_mut()).take(LEDGERS.len()) {
            if !state.absent {
                continue;
            }
            // Somebody may have made it since; then the logs may name files for it.
            *state = table.load(&names).await?;
            if state.absent {
                state.marks.clone_from(&marks);
            }
        }
        Ok(())
    }

    /// Reads what the newest commits of the logs name for the ledger, which it may not hold yet.
    pub(super) async fn recall(&self, states: &mut States) -> Result<()> {
        for (at, table) in self.all.iter().enumerate().skip(LOGS_AT) {
            let Some(newest) = states.get(at).map(|state| state.version) else { continue };
            let oldest = oldest_mark(states, table.shape.name);
            let named: Vec<Option<Named>> = futures::stream::iter(oldest + 1..=newest)
                .map(|version| table.named_in(version))
                .buffered(16)
                .try_collect()
                .await?;
            if let Some(state) = states.get_mut(at) {
                state.named = named.into_iter().flatten().collect();
            }
        }
        Ok(())
    }

    /// Brings every table up to its newest version; tells whether anything changed.
    pub(super) async fn follow(&self, states: &mut States) -> Result<bool> {
        let names = self.log_names();
        let mut changed = false;
        for (table, state) in self.all.iter().zip(states.iter()) {
            if table.is_cut_off(state).await? {
                *states = self.load().await?;
                return Ok(true);
            }
        }
        for (table, state) in self.all.iter().zip(states.iter_mut()) {
            changed |= table.follow(state, &names).await?;
        }
        self.forget(states);
        Ok(changed)
    }

    /// Drops what all ledger tables hold.
    fn forget(&self, states: &mut States) {
        for (at, table) in self.all.iter().enumerate().skip(LOGS_AT) {
            let oldest = oldest_mark(states, table.shape.name);
            if let Some(state) = states.get_mut(at) {
                state.named.retain(|named| named.version > oldest);
            }
        }
    }

    /// The files of each table, where the ledger tables also have those that only a log's commit names yet.
    ///
    /// So a reader sees one consistent lake even when it may not write, and never waits for a writer.
    pub(super) fn files(&self, states: &States) -> Vec<Files> {
        let mut all: Vec<Files> = states.iter().map(|state| Arc::clone(&state.files)).collect();
        for ledger in 0..LEDGERS.len() {
            let (Some(table), Some(files)) = (self.all.get(ledger), all.get_mut(ledger)) else { continue };
            for add in self.pending(ledger, states).into_iter().flat_map(|pending| pending.adds) {
                if let Action::Add(add) = add {
                    let file = Arc::new(table.file(&add));
                    Arc::make_mut(files).insert(add.path.clone(), file);
                }
            }
        }
        all
    }

    /// Appends to the ledger tables what the logs' commits name and they do not hold yet.
    pub(super) async fn roll_forward(&self, states: &mut States) -> Result<()> {
        self.roll_forward_within(states, LAG).await
    }

    /// As [`Tables::roll_forward`], and has the ledger tables follow to the very newest version of each log.
    pub(super) async fn roll_forward_fully(&self, states: &mut States) -> Result<()> {
        self.roll_forward_within(states, 1).await
    }

    /// The oldest commit of a table's log from which the ledger tables may still be rolled forward.
    ///
    /// An earlier snapshot needs some commits before its own, too, so as many are kept as a ledger may lag behind.
    pub(super) fn oldest_needed(&self, states: &States, at: usize) -> u64 {
        match self.all.get(at) {
            Some(table) if table.shape.log.is_some() => {
                oldest_mark(states, table.shape.name).saturating_sub(LAG)
            }
            _ => u64::MAX,
        }
    }

    async fn roll_forward_within(&self, states: &mut States, lag: u64) -> Result<()> {
        let names = self.log_names();
        for ledger in 0..LEDGERS.len() {
            let Some(table) = self.all.get(ledger) else { continue };
            for attempt in 0.. {
                let due = self.pending(ledger, states).into_iter().filter(|pending| pending.is_due(lag));
                let actions: Vec<Action> = due.flat_map(Pending::actions).collect();
                let Some(state) = states.get_mut(ledger) else { break };
                if actions.is_empty() {
                    break;
                }
                match table.commit(state.version + 1, "WRITE", &Value::Null, &actions).await? {
                    Outcome::Done => {
                        table.apply(state, &actions)?;
                        break;
                    }
                    Outcome::Taken if attempt < TRIES => {
                        tokio::task::yield_now().await;
                        table.follow(state, &names).await?;
                    }
                    Outcome::Taken => {
                        return Err(Error::storage(format!("{} has too many writers", table.root))
                            .hinted("try again; nothing is lost"));
                    }
                }
            }
        }
        self.forget(states);
        Ok(())
    }

    /// The number that an application transaction of `sources` has come to.
    pub(super) async fn mark(&self, name: &str) -> Result<Option<i64>> {
        match self.all.first() {
            Some(sources) if sources.exists().await? => sources.mark(name).await,
            _ => Ok(None),
        }
    }

    /// Commits an application transaction to `sources`.
    pub(super) async fn note(&self, states: &mut States, mark: Action) -> Result<()> {
        let names = self.log_names();
        let (Some(table), Some(state)) = (self.all.first(), states.first_mut()) else { return Ok(()) };
        let actions = [mark];
        for _ in 0..TRIES {
            if table.commit(state.version + 1, "WRITE", &Value::Null, &actions).await? == Outcome::Done {
                return table.apply(state, &actions);
            }
            tokio::task::yield_now().await;
            table.follow(state, &names).await?;
        }
        Err(Error::storage(format!("{} has too many writers", table.root))
            .hinted("try again; nothing is lost"))
    }

    fn pending(&self, ledger: usize, states: &States) -> Vec<Pending> {
        let Some(held) = states.get(ledger) else { return Vec::new() };
        let logs = self.all.iter().zip(states).skip(LOGS_AT);
        let pending = logs.filter_map(|(table, state)| {
            let log = table.shape.name;
            let held = held.marks.get(log).copied().unwrap_or(0);
            let named = state.named.iter().filter(|named| named.version > held);
            let files = named.flat_map(|named| named.files.get(ledger).into_iter().flatten());
            let adds = files.cloned().map(Action::Add).collect();
            (state.version > held).then_some(Pending { log, adds, held, version: state.version })
        });
        pending.collect()
    }
}

/// What a ledger table does not hold yet of one log.
struct Pending {
    log: &'static str,
    adds: Vec<Action>,
    held: u64,
    version: u64,
}

impl Pending {
    fn is_due(&self, lag: u64) -> bool {
        !self.adds.is_empty() || self.version - self.held >= lag
    }

    fn actions(self) -> impl Iterator<Item = Action> {
        self.adds.into_iter().chain([mark(self.log, self.version)])
    }
}

fn oldest_mark(states: &States, log: &str) -> u64 {
    let ledgers = states.iter().take(LEDGERS.len());
    ledgers.map(|ledger| ledger.marks.get(log).copied().unwrap_or(0)).min().unwrap_or(0)
}
