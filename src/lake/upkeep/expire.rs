//! Days that are older than a rule allows are removed, but for what a hold keeps.
//!
//! Whole days go in one commit that also records them. Where only some rows of a day go, because the rule or a hold
//! is about one account, the files of the day are written anew without them. In doubt a hold holds: a row that names
//! no account stays under the hold of any, and so does a day of a log that knows no accounts.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::DateTime;
use chrono::NaiveDate;
use chrono::Utc;
use deltalake_core::kernel::Action;
use serde_json::json;

use crate::error::Error;
use crate::error::Result;
use crate::lake::Lake;
use crate::lake::delta::DataFile;
use crate::lake::delta::Outcome;
use crate::lake::delta::Table;
use crate::lake::delta::TableState;
use crate::lake::tables::TRIES;
use crate::lake::upkeep::compact::knows_all_columns;
use crate::lake::upkeep::compact::order;
use crate::lake::upkeep::compact::remove;
use crate::lake::upkeep::compact::replace;
use crate::lake::upkeep::holds::Expired;
use crate::lake::upkeep::holds::Hold;
use crate::lake::upkeep::holds::expired;
use crate::lake::upkeep::holds::holds;
use crate::lake::upkeep::holds::metadata;
use crate::lake::upkeep::read::ACCOUNT;
use crate::lake::upkeep::read::Keep;
use crate::lake::upkeep::rewrite::Means;
use crate::lake::upkeep::rewrite::Rewrite;
use crate::lake::upkeep::rewrite::delete;

/// How often a day is written anew when others change it meanwhile.
const AGAIN: usize = 5;

/// What is to be removed.
#[derive(Clone, Debug)]
pub struct Expire {
    /// Days that end at or before this time.
    pub before: DateTime<Utc>,
    /// Only the rows of this account.
    pub account: Option<String>,
    /// The size of a file that is written anew, about.
    pub target: u64,
    /// What it may use.
    pub means: Means,
}

/// What a rule does to one log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expiry {
    /// The log.
    pub table: &'static str,
    /// Days that go as a whole.
    pub days: Vec<NaiveDate>,
    /// Their files.
    pub files: usize,
    /// The bytes of those.
    pub bytes: u64,
    /// Their rows.
    pub rows: u64,
    /// Days of which some rows go.
    pub partly: Vec<NaiveDate>,
    /// Rows that went of those; none before it is carried out.
    pub rows_of_partly: u64,
    /// Days that a hold keeps wholly or in part, and the names of those holds.
    pub held: BTreeMap<NaiveDate, BTreeSet<String>>,
    /// Whether the log names no accounts, so that a rule for one does not touch it.
    pub without_accounts: bool,
}

/// The files of a table by their paths in its log.
type Files = Vec<(String, Arc<DataFile>)>;

/// What a rule means for one day.
enum Verdict {
    Stays,
    Goes,
    /// Only these rows stay.
    Keeps(Keep),
}

impl Lake {
    /// Says what a rule would remove, log by log. Removes nothing.
    ///
    /// # Errors
    /// The store fails, or a hold cannot be read.
    pub async fn expiry(&self, expire: &Expire) -> Result<Vec<Expiry>> {
        self.refresh().await?;
        let states = self.0.states.lock().await;
        let mut all = Vec::new();
        for (table, state) in
            self.tables().iter().zip(states.iter()).filter(|(table, _)| table.shape.partitioned)
        {
            all.push(expire.look(table, state)?.0);
        }
        Ok(all)
    }

    /// Removes what a rule says, and records it.
    ///
    /// # Errors
    /// The store fails, a hold cannot be read, or a newer release wrote the lake. What was removed before is recorded.
    pub async fn expire(&self, expire: &Expire) -> Result<Vec<Expiry>> {
        self.refresh().await?;
        let mut states = self.0.states.lock().await.clone();
        let mut all = Vec::new();
        for (table, state) in
            self.tables().iter().zip(&mut states).filter(|(table, _)| table.shape.partitioned)
        {
            let mut expiry = self.remove_days(expire, table, state).await?;
            for day in expiry.partly.clone() {
                expiry.rows_of_partly += self.remove_rows(expire, table, state, day).await?;
            }
            all.push(expiry);
        }
        self.refresh().await?;
        Ok(all)
    }

    /// Removes the whole days and records all; the rows of other days go after it.
    async fn remove_days(&self, expire: &Expire, table: &Table, state: &mut TableState) -> Result<Expiry> {
        let names = self.tables().log_names();
        for _ in 0..TRIES {
            let (expiry, files) = expire.look(table, state)?;
            if expiry.days.is_empty() && expiry.partly.is_empty() {
                return Ok(expiry);
            }
            if !expiry.partly.is_empty() {
                knows_all_columns(table, state)?;
            }
            let account = expire.account.clone();
            let found = expired(&state.properties).into_iter().find(|record| record.account == account);
            let mut record = found.unwrap_or(Expired { account, ..Expired::default() });
            record.add(expiry.days.iter().chain(&expiry.partly).copied(), Utc::now());
            let (key, value) = record.property()?;
            let mut actions =
                vec![Action::Metadata(metadata(table, state.version, &[(&key, Some(&value))]).await?)];
            actions.extend(files.iter().map(|(path, file)| Action::Remove(remove(table, path, file, true))));
            let ours = json!({"before": expire.before, "account": expire.account, "rows": expiry.rows});
            let outcome = table.commit(state.version + 1, "DELETE", &ours, &actions).await?;
            table.follow(state, &names).await?;
            if outcome == Outcome::Done {
                return Ok(expiry);
            }
            // A hold may have come, or another file.
            tokio::task::yield_now().await;
        }
        Err(Error::storage(format!("{} has too many writers", table.root))
            .hinted("try again; nothing is lost"))
    }

    /// Writes the files of a day anew without the rows that go; tells how many those were.
    async fn remove_rows(
        &self,
        expire: &Expire,
        table: &Table,
        state: &mut TableState,
        day: NaiveDate,
    ) -> Result<u64> {
        let names = self.tables().log_names();
        for _ in 0..AGAIN {
            let holds = holds(&state.properties)?;
            let Verdict::Keeps(keep) = expire.verdict(table, day, &holds) else { return Ok(0) };
            let of_day = state.files.iter().filter(|(_, file)| file.day == Some(day.to_epoch_days()));
            let files: Files = of_day
                .filter(|(_, file)| touches(table, file, &keep))
                .map(|(path, file)| (path.clone(), Arc::clone(file)))
                .collect();
            if files.is_empty() {
                return Ok(0);
            }
            let rewrite = Rewrite {
                store: self.store(),
                source: self.store(),
                table,
                partition: Some(Some(day.to_epoch_days())),
                files: files.iter().map(|(_, file)| Arc::clone(file)).collect(),
                keep,
                order: order(table),
                target: expire.target,
                means: expire.means,
            };
            let new = rewrite.run().await?;
            let removed = new.read - new.rows;
            if removed == 0 {
                delete(self.store(), table, &new.adds).await;
                return Ok(0);
            }
            let mut actions: Vec<Action> =
                files.iter().map(|(path, file)| Action::Remove(remove(table, path, file, true))).collect();
            actions.extend(new.adds.iter().cloned().map(Action::Add));
            let ours = json!({"before": expire.before, "account": expire.account, "rows": removed});
            if replace(table, state, &names, "DELETE", &ours, &actions, &files).await? {
                return Ok(removed);
            }
            delete(self.store(), table, &new.adds).await;
        }
        Err(Error::storage(format!("others keep changing {day} of {}", table.root))
            .hinted("try again; nothing is lost"))
    }
}

impl Expire {
    /// What the rule does to a table, and the files of the days that go as a whole.
    fn look(&self, table: &Table, state: &TableState) -> Result<(Expiry, Files)> {
        let holds = holds(&state.properties)?;
        let without_accounts = self.account.is_some() && !has_accounts(table);
        let mut expiry = Expiry { table: table.shape.name, without_accounts, ..Expiry::default() };
        let mut gone = Files::new();
        let mut days: BTreeMap<NaiveDate, Files> = BTreeMap::new();
        for (path, file) in state.files.iter() {
            if let Some(day) = file.day.and_then(NaiveDate::from_epoch_days).filter(|day| self.is_over(*day))
            {
                days.entry(day).or_default().push((path.clone(), Arc::clone(file)));
            }
        }
        for (day, files) in days {
            match self.verdict(table, day, &holds) {
                Verdict::Goes => {
                    expiry.days.push(day);
                    expiry.files += files.len();
                    expiry.bytes += files.iter().map(|(_, file)| file.size).sum::<u64>();
                    expiry.rows += files.iter().filter_map(|(_, file)| file.bounds.rows).sum::<u64>();
                    gone.extend(files);
                }
                Verdict::Keeps(keep) if files.iter().any(|(_, file)| touches(table, file, &keep)) => {
                    expiry.partly.push(day);
                }
                Verdict::Keeps(_) | Verdict::Stays => {}
            }
            let names = self.held_by(day, &holds).map(|hold| hold.name.clone()).collect::<BTreeSet<_>>();
            if !names.is_empty() && !without_accounts {
                expiry.held.insert(day, names);
            }
        }
        Ok((expiry, gone))
    }

    fn is_over(&self, day: NaiveDate) -> bool {
        day.succ_opt().is_some_and(|next| next.and_time(chrono::NaiveTime::MIN).and_utc() <= self.before)
    }

    /// The holds that keep rows of the day that the rule is about.
    fn held_by<'a>(&'a self, day: NaiveDate, holds: &'a [Hold]) -> impl Iterator<Item = &'a Hold> {
        let meets = move |hold: &&Hold| match (&hold.account, &self.account) {
            (Some(held), Some(account)) => held == account,
            _ => true,
        };
        holds.iter().filter(move |hold| hold.covers(day)).filter(meets)
    }

    fn verdict(&self, table: &Table, day: NaiveDate, holds: &[Hold]) -> Verdict {
        let accounts = has_accounts(table);
        let held: Vec<&Hold> = self.held_by(day, holds).collect();
        match &self.account {
            Some(_) if !accounts || !held.is_empty() => Verdict::Stays,
            Some(account) => Verdict::Keeps(Keep::Without([account.clone()].into())),
            None if held.is_empty() => Verdict::Goes,
            None if !accounts || held.iter().any(|hold| hold.account.is_none()) => Verdict::Stays,
            None => Verdict::Keeps(Keep::OnlyOrUnknown(
                held.iter().filter_map(|hold| hold.account.clone()).collect(),
            )),
        }
    }
}

fn has_accounts(table: &Table) -> bool {
    table.shape.file_columns().iter().any(|column| column.name == ACCOUNT)
}

/// Tells whether a file may hold a row that goes, by what the table's log says of it.
fn touches(table: &Table, file: &DataFile, keep: &Keep) -> bool {
    let place = table.shape.file_columns().iter().position(|column| column.name == ACCOUNT);
    let Some(bounds) = place.and_then(|place| file.bounds.of(place)) else { return true };
    let limits = bounds.min.as_ref().and_then(|min| min.try_as_str().flatten());
    let limits = limits.zip(bounds.max.as_ref().and_then(|max| max.try_as_str().flatten()));
    match (keep, limits) {
        (Keep::Without(accounts), Some((min, max))) => {
            accounts.iter().any(|it| (min..=max).contains(&it.as_str()))
        }
        (Keep::OnlyOrUnknown(accounts), Some((min, max))) => {
            min != max || !bounds.exact || !accounts.contains(min)
        }
        _ => true,
    }
}
