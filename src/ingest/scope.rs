//! Which part of its sources an ingest is asked for.

use chrono::DateTime;
use chrono::Duration;
use chrono::NaiveDate;
use chrono::Utc;

use crate::ingest::names::CLOUDTRAIL_LATENESS;
use crate::ingest::names::Part;
use crate::ingest::names::Told;

/// The part of the sources that is asked for. What a path does not tell is not left out.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Only objects with events at or after this time.
    pub since: Option<DateTime<Utc>>,
    /// Only objects with events before this time.
    pub until: Option<DateTime<Utc>>,
    /// Only these accounts; all if there are none.
    pub accounts: Vec<String>,
    /// Only these regions; all if there are none.
    pub regions: Vec<String>,
}

impl Scope {
    /// Tells whether it is everything.
    pub(super) fn is_whole(&self) -> bool {
        self.since.is_none() && self.until.is_none() && self.accounts.is_empty() && self.regions.is_empty()
    }

    /// Tells whether an object may be asked for, by what its path tells.
    ///
    /// A delivery's events are not later than itself, and earlier by its lateness at most.
    pub(super) fn wants(&self, told: &Told) -> bool {
        let in_time = told.delivered.is_none_or(|(from, to)| {
            self.since.is_none_or(|since| to >= since)
                && self.until.is_none_or(|until| from <= until + told.lateness)
        });
        in_time
            && told.account.is_none_or(|account| listed(&self.accounts, account))
            && told.region.is_none_or(|region| listed(&self.regions, region))
    }
}

/// What of a source is listed: what is asked for, from a first day on.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) scope: Scope,
    /// Nothing that was delivered earlier is new.
    pub(super) from: Option<NaiveDate>,
}

/// Days are listed one by one when they are no more than these; else the store is asked which there are.
const MOST_DAYS: i64 = 40;

impl Window {
    /// Tells whether a folder may hold objects that are to be listed.
    pub(super) fn wants_folder(&self, part: Part, name: &str) -> bool {
        match part {
            Part::Account => listed(&self.scope.accounts, name),
            Part::Region => listed(&self.scope.regions, name),
            _ => part.days().is_none_or(|(first, last)| {
                self.first_day().is_none_or(|from| last >= from)
                    && self.last_day().is_none_or(|until| first <= until)
            }),
        }
    }

    /// The first day whose deliveries are listed.
    pub(super) fn first_day(&self) -> Option<NaiveDate> {
        self.scope.since.map(|since| since.date_naive()).max(self.from)
    }

    /// The last day whose deliveries are listed; they may be a day late.
    pub(super) fn last_day(&self) -> Option<NaiveDate> {
        self.scope.until.map(|until| (until + Duration::days(1)).date_naive())
    }

    /// The days of a trail that are listed, where they are few.
    pub(super) fn days(&self, now: DateTime<Utc>) -> Option<Vec<NaiveDate>> {
        let first = self.first_day()?;
        let until = self.scope.until.map(|until| (until + CLOUDTRAIL_LATENESS).date_naive());
        // A clock may be wrong, and its tomorrow be today elsewhere.
        let last = until.into_iter().chain([(now + Duration::days(1)).date_naive()]).min()?;
        let count = (last - first).num_days() + 1;
        (count <= MOST_DAYS).then(|| first.iter_days().take(usize::try_from(count).unwrap_or(0)).collect())
    }
}

fn listed(list: &[String], name: &str) -> bool {
    list.is_empty() || list.iter().any(|item| item == name)
}
