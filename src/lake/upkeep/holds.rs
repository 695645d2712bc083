//! Legal holds, and the record of what expired. Both are kept in the properties of each log's table, where a commit
//! that removes rows depends on the very version whose holds were looked at.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use chrono::DateTime;
use chrono::NaiveDate;
use chrono::Utc;
use deltalake_core::kernel::Action;
use deltalake_core::kernel::EagerSnapshot;
use deltalake_core::kernel::Metadata;
use deltalake_core::kernel::MetadataExt;
use serde::Deserialize;
use serde::Serialize;
use serde_json::json;

use crate::error::Error;
use crate::error::Result;
use crate::lake::Lake;
use crate::lake::delta::Outcome;
use crate::lake::delta::Table;
use crate::lake::tables::TRIES;

/// How the properties begin that are ours.
pub(super) const OURS: &str = "trailql.";
const HOLD: &str = "trailql.hold.";
const EXPIRED: &str = "trailql.expired";

/// Rows that no rule may remove while it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Its name.
    #[serde(skip)]
    pub name: String,
    /// The first day that is held.
    pub from: NaiveDate,
    /// The last day that is held.
    pub to: NaiveDate,
    /// The only account whose rows are held, and rows that name none; without it all are.
    pub account: Option<String>,
    /// When it was made.
    pub since: DateTime<Utc>,
}

/// What rules have removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expired {
    /// The account whose rows were removed; without it those of all.
    #[serde(skip)]
    pub account: Option<String>,
    /// When the last of the rules was carried out.
    pub at: DateTime<Utc>,
    /// Ranges of days of which rows were removed, in order, first and last day included.
    pub days: Vec<(NaiveDate, NaiveDate)>,
}

impl Hold {
    /// Tells whether a day lies within.
    pub(super) fn covers(&self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

impl Expired {
    /// Adds days to the ranges.
    pub(super) fn add(&mut self, days: impl IntoIterator<Item = NaiveDate>, at: DateTime<Utc>) {
        self.at = at;
        self.days.extend(days.into_iter().map(|day| (day, day)));
        self.days.sort_unstable();
        let mut merged: Vec<(NaiveDate, NaiveDate)> = Vec::with_capacity(self.days.len());
        for (from, to) in self.days.drain(..) {
            match merged.last_mut() {
                Some((_, last)) if last.succ_opt().is_none_or(|next| from <= next) => *last = to.max(*last),
                _ => merged.push((from, to)),
            }
        }
        self.days = merged;
    }

    /// The property that keeps it.
    pub(super) fn property(&self) -> Result<(String, String)> {
        let key = match &self.account {
            None => EXPIRED.to_owned(),
            Some(account) => format!("{EXPIRED}.{account}"),
        };
        Ok((key, text(self)?))
    }
}

fn text(record: &impl Serialize) -> Result<String> {
    serde_json::to_string(record).map_err(|error| Error::internal("cannot write a record").caused_by(error))
}

/// The holds among the properties of a table.
///
/// One that cannot be read is an error: what it holds must not be guessed.
pub(super) fn holds(properties: &BTreeMap<String, String>) -> Result<Vec<Hold>> {
    let holds = properties.iter().filter_map(|(key, text)| Some((key.strip_prefix(HOLD)?, text)));
    holds
        .map(|(name, text)| {
            let hold: Hold = serde_json::from_str(text).map_err(|error| {
                Error::data(format!("the hold {name} cannot be read")).caused_by(error).hinted(
                    "a newer trailql or another tool wrote the table property; nothing is removed until it is put right",
                )
            })?;
            Ok(Hold { name: name.to_owned(), ..hold })
        })
        .collect()
}

/// What expired, among the properties of a table.
pub(super) fn expired(properties: &BTreeMap<String, String>) -> Vec<Expired> {
    let records = properties.iter().filter_map(|(key, text)| Some((key.strip_prefix(EXPIRED)?, text)));
    let read = records.filter_map(|(account, text)| {
        let account = account.strip_prefix('.').map(str::to_owned);
        Some(Expired { account, ..serde_json::from_str(text).ok()? })
    });
    read.collect()
}

impl Lake {
    /// The holds that stand, by name.
    ///
    /// # Errors
    /// The store fails, or a hold cannot be read.
    pub async fn holds(&self) -> Result<Vec<Hold>> {
        self.refresh().await?;
        let states = self.0.states.lock().await;
        let mut all: BTreeMap<String, Hold> = BTreeMap::new();
        for state in states.iter() {
            all.extend(holds(&state.properties)?.into_iter().map(|hold| (hold.name.clone(), hold)));
        }
        Ok(all.into_values().collect())
    }

    /// What expired, by the log.
    pub async fn expired(&self) -> Vec<(&'static str, Expired)> {
        let states = self.0.states.lock().await;
        let tables = self.tables().iter().zip(states.iter());
        tables
            .flat_map(|(table, state)| {
                expired(&state.properties).into_iter().map(|it| (table.shape.name, it))
            })
            .collect()
    }

    /// Makes a hold; from then on no rule removes what it covers.
    ///
    /// # Errors
    /// There is another hold of that name, its range is empty, or the store fails.
    pub async fn add_hold(&self, hold: &Hold) -> Result<()> {
        let good = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        if hold.name.is_empty() || !hold.name.chars().all(good) {
            return Err(Error::user(format!("{:?} is no name of a hold", hold.name))
                .hinted("use letters, digits, and - _ ."));
        }
        if hold.from > hold.to {
            return Err(Error::user(format!("the hold would begin on {} and end on {}", hold.from, hold.to)));
        }
        let same =
            |other: &Hold| (other.from, other.to, &other.account) == (hold.from, hold.to, &hold.account);
        if self.holds().await?.iter().any(|other| other.name == hold.name && !same(other)) {
            return Err(Error::user(format!("there is a hold {} already", hold.name))
                .hinted("`trailql hold list` shows it; release it first, or use another name"));
        }
        let key = format!("{HOLD}{}", hold.name);
        self.set_property(&key, Some(&text(hold)?), "ADD HOLD").await
    }

    /// Releases a hold; what it kept can expire from then on.
    ///
    /// # Errors
    /// There is none of that name, or the store fails.
    pub async fn release_hold(&self, name: &str) -> Result<()> {
        let names: BTreeSet<String> = self.holds().await?.into_iter().map(|hold| hold.name).collect();
        if !names.contains(name) {
            let known: Vec<_> = names.into_iter().collect();
            return Err(Error::user(format!("there is no hold {name}")).hinted(if known.is_empty() {
                "there are none".to_owned()
            } else {
                format!("holds: {}", known.join(", "))
            }));
        }
        self.set_property(&format!("{HOLD}{name}"), None, "RELEASE HOLD").await
    }

    async fn set_property(&self, key: &str, value: Option<&str>, operation: &str) -> Result<()> {
        let mut states = self.0.states.lock().await.clone();
        let names = self.tables().log_names();
        for (table, state) in self.tables().iter().zip(&mut states) {
            if table.shape.log.is_none() {
                continue;
            }
            let mut tries = 0;
            while state.properties.get(key).map(String::as_str) != value {
                if tries == TRIES {
                    return Err(
                        Error::storage(format!("{} has too many writers", table.root)).hinted("try again")
                    );
                }
                tries += 1;
                let metadata = metadata(table, state.version, &[(key, value)]).await?;
                let ours = json!({"property": key});
                let outcome =
                    table.commit(state.version + 1, operation, &ours, &[Action::Metadata(metadata)]).await?;
                if outcome == Outcome::Taken {
                    tokio::task::yield_now().await;
                }
                table.follow(state, &names).await?;
            }
        }
        self.refresh().await
    }
}

/// The metadata that a table has at a version, with some properties changed.
pub(super) async fn metadata(
    table: &Table,
    version: u64,
    changes: &[(&str, Option<&str>)],
) -> Result<Metadata> {
    let snapshot = EagerSnapshot::try_new(table.log.as_ref(), Some(version))
        .await
        .map_err(|error| table.failed("load", error))?;
    let changed =
        changes.iter().try_fold(snapshot.metadata().clone(), |metadata, (key, value)| match value {
            Some(value) => metadata.add_config_key((*key).to_owned(), (*value).to_owned()),
            None => metadata.remove_config_key(key),
        });
    changed.map_err(|error| table.failed("describe", error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_expired_are_merged_into_ranges() {
        let day = |day: u32| NaiveDate::from_ymd_opt(2026, 9, day).unwrap();
        let mut expired = Expired::default();
        expired.add([day(5), day(1), day(2)], DateTime::default());
        expired.add([day(3), day(2), day(9)], DateTime::default());
        assert_eq!(expired.days, [(day(1), day(3)), (day(5), day(5)), (day(9), day(9))]);
    }

    #[test]
    fn a_hold_that_cannot_be_read_is_an_error() {
        let properties = BTreeMap::from([(format!("{HOLD}case-7"), "{}".to_owned())]);
        assert!(holds(&properties).is_err());
    }
}
