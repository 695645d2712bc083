//! An earlier snapshot of all tables, so that a finding can be shown as it was found.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::DateTime;
use chrono::SecondsFormat;
use chrono::Utc;
use deltalake_core::kernel::Action;

use crate::error::Error;
use crate::error::Result;
use crate::lake::Lake;
use crate::lake::Snapshot;
use crate::lake::delta::Table;
use crate::lake::tables::States;

/// The name of the application transaction in `sources` that says from when on snapshots are whole.
pub(super) const VACUUMED: &str = "vacuumed";

/// Which snapshot is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// That which was the newest at this time.
    Time(DateTime<Utc>),
    /// That which came with this version of a log's table, the first log's if none is named.
    Version(Option<String>, u64),
}

impl FromStr for At {
    type Err = String;

    /// Reads a version, `17` or `s3_access:17`; times are for whoever knows how they are written.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "not a version: write 17, or s3_access:17".to_owned();
        match text.rsplit_once(':') {
            Some((table, version)) if !table.is_empty() => {
                Ok(Self::Version(Some(table.to_owned()), version.parse().map_err(|_| wrong())?))
            }
            _ => Ok(Self::Version(None, text.parse().map_err(|_| wrong())?)),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => formatter.write_str(&shown(*time)),
            Self::Version(None, version) => write!(formatter, "version {version}"),
            Self::Version(Some(table), version) => write!(formatter, "version {version} of {table}"),
        }
    }
}

fn shown(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl Lake {
    /// An earlier snapshot, the same for all time.
    ///
    /// # Errors
    /// There was no lake then, or the files or the log of that time have been cleaned up.
    pub async fn at(&self, at: &At) -> Result<Arc<Snapshot>> {
        let states = self.states_at(at).await?;
        Ok(Arc::new(Snapshot::new(self.tables(), &states, &self.0.store_url)))
    }

    pub(super) async fn states_at(&self, at: &At) -> Result<States> {
        self.refresh().await?;
        let newest = self.0.states.lock().await.clone();
        let tables = self.tables();
        let whole_from = self.tables().mark(VACUUMED).await?.and_then(DateTime::from_timestamp_micros);
        let (anchor, time) = match at {
            At::Time(time) => (None, *time),
            At::Version(log, version) => {
                let name = log.as_deref().or(tables.log_names().first().copied()).unwrap_or_default();
                let (place, table) = tables.of_log(name).map_err(|_| {
                    Error::user(format!("the lake has no log {name}"))
                        .hinted(format!("its logs are {}", tables.log_names().join(" and ")))
                })?;
                let last = newest.get(place).map_or(0, |state| state.version);
                if *version > last {
                    return Err(Error::user(format!(
                        "{name} has no version {version}; its newest is {last}"
                    )));
                }
                let made = made_at(table, *version).await?.ok_or_else(|| gone(at))?;
                // It was the newest until the next one came, so the other tables may be looked at as of then.
                let until = match *version < last {
                    true => made_at(table, version + 1).await?.map_or(made, |next| next.max(made)),
                    false => Utc::now(),
                };
                let time = whole_from.filter(|from| *from > made && *from < until).unwrap_or(made);
                (Some((place, *version)), time)
            }
        };
        if let Some(from) = whole_from.filter(|from| time < *from) {
            return Err(Error::user(format!("files of the lake as of {at} have been vacuumed"))
                .hinted(format!("snapshots of {} and later are whole", shown(from))));
        }
        let mut versions = Vec::with_capacity(newest.len());
        for (place, (table, state)) in tables.iter().zip(&newest).enumerate() {
            versions.push(match anchor {
                Some((anchored, version)) if anchored == place => version,
                _ => version_at(table, state.version, time, at).await?,
            });
        }
        self.load_versions(versions, anchor, at).await
    }

    /// Loads these versions of the tables, moved so far that they agree: clocks of two writers may not.
    async fn load_versions(
        &self,
        mut versions: Vec<u64>,
        anchor: Option<(usize, u64)>,
        at: &At,
    ) -> Result<States> {
        let tables = self.tables();
        let names = tables.log_names();
        let mut states: States = Vec::with_capacity(versions.len());
        for (place, table) in tables.iter().enumerate() {
            let is_ledger = table.shape.log.is_none();
            while let Some(version) = versions.get(place).copied() {
                let state = table.load_version(&names, Some(version)).await;
                let state = state.map_err(|error| gone(at).caused_by(error))?;
                let ahead = anchor.is_some_and(|(anchored, limit)| {
                    let log = tables.iter().nth(anchored).map_or("", |table| table.shape.name);
                    is_ledger && version > 0 && state.marks.get(log).is_some_and(|mark| *mark > limit)
                });
                if ahead {
                    // A ledger that already tells of later objects.
                    if let Some(version) = versions.get_mut(place) {
                        *version -= 1;
                    }
                    continue;
                }
                if is_ledger {
                    for (log, other) in
                        tables.iter().zip(&mut versions).filter(|(log, _)| log.shape.log.is_some())
                    {
                        *other = (*other).max(state.marks.get(log.shape.name).copied().unwrap_or(0));
                    }
                }
                states.push(state);
                break;
            }
        }
        tables.recall(&mut states).await.map_err(|error| gone(at).caused_by(error))?;
        Ok(states)
    }
}

fn gone(at: &At) -> Error {
    Error::user(format!("the table log of the lake as of {at} has been cleaned up"))
        .hinted("`trailql vacuum --log-retention` says how long it is kept")
}

/// The newest version of a table that there was at a time.
async fn version_at(table: &Table, newest: u64, time: DateTime<Utc>, at: &At) -> Result<u64> {
    // Most often it is asked for what was there a moment ago.
    if made_at(table, newest).await?.is_some_and(|made| made <= time) {
        return Ok(newest);
    }
    let (mut known, mut beyond) = (None, newest);
    let mut low = 0;
    while low < beyond {
        let middle = low + (beyond - low) / 2;
        match made_at(table, middle).await? {
            Some(made) if made > time => beyond = middle,
            // A version whose commit was cleaned up is older than all that are there.
            made => {
                known = made.map(|_| middle).or(known);
                low = middle + 1;
            }
        }
    }
    match (known, beyond) {
        (Some(version), _) => Ok(version),
        (None, 0) => Err(before_the_first(at)),
        (None, _) => Err(gone(at)),
    }
}

fn before_the_first(at: &At) -> Error {
    Error::user(format!("there was no lake yet as of {at}"))
}

/// When a version was made; none if its commit is not there.
async fn made_at(table: &Table, version: u64) -> Result<Option<DateTime<Utc>>> {
    let Some(actions) = table.read_commit(version).await? else { return Ok(None) };
    let noted = actions.iter().find_map(|action| match action {
        Action::CommitInfo(info) => info.timestamp,
        _ => None,
    });
    // Another tool need not have noted it; then it counts as old.
    Ok(Some(noted.and_then(DateTime::from_timestamp_millis).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!("17".parse(), Ok(At::Version(None, 17)));
        assert_eq!("s3_access:4".parse(), Ok(At::Version(Some("s3_access".into()), 4)));
        assert!("seven".parse::<At>().is_err() && ":4".parse::<At>().is_err() && "-1".parse::<At>().is_err());
    }
}
