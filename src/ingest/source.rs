//! What the user named as a source, and the objects found there.

use std::sync::Arc;

use bytes::Bytes;
use chrono::DateTime;
use chrono::Duration;
use chrono::NaiveDate;
use chrono::NaiveDateTime;
use chrono::Utc;
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::ObjectStoreExt;
use object_store::path::Path;

use crate::error::Error;
use crate::error::Result;
use crate::ingest::Options;
use crate::logs;
use crate::storage;
use crate::storage::Location;

/// Where an object's bytes come from.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Stored(Arc<dyn ObjectStore>, Path),
    Inline(Bytes),
}

/// One object of a source.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its URL, which is its name in `sources` and `source_file`.
    pub url: String,
    /// What the store says of its version.
    pub etag: Option<String>,
    /// Its size in bytes as it lies there.
    pub size: u64,
    /// When it was last written.
    pub last_modified: Option<DateTime<Utc>>,
    pub(super) body: Body,
}

/// An event may reach its delivery this much later than CloudTrail's usual quarter of an hour.
const LATENESS: Duration = Duration::hours(1);

impl Found {
    /// Bytes that are no object of a store, such as standard input. Their hash is their version.
    pub fn inline(name: &str, bytes: Vec<u8>) -> Self {
        let version = logs::sha256(&bytes);
        Self {
            url: format!("{name}:{version}"),
            etag: Some(version),
            size: bytes.len() as u64,
            last_modified: None,
            body: Body::Inline(bytes.into()),
        }
    }

    /// Tells from its name alone that none of its events can lie in the times that were asked for.
    ///
    /// A delivery's name tells when it was written; its events are not later. One day's folder tells the day.
    pub(super) fn is_outside(&self, options: &Options) -> bool {
        let Some((from, to)) = self.delivered() else { return false };
        options.since.is_some_and(|since| to < since)
            || options.until.is_some_and(|until| from > until + LATENESS)
    }

    /// The times between which it was delivered, as its name tells.
    fn delivered(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let name = self.url.rsplit('/').next()?;
        let stamp = name.split('_').find_map(|part| {
            let part = part.get(..14).filter(|part| part.ends_with('Z'))?;
            NaiveDateTime::parse_from_str(part, "%Y%m%dT%H%MZ").ok()
        });
        if let Some(stamp) = stamp {
            return Some((stamp.and_utc(), stamp.and_utc()));
        }
        let parts: Vec<&str> = self.url.split('/').collect();
        let day = parts.windows(4).rev().find_map(|window| {
            let [year, month, day, _] = window else { return None };
            (year.len() == 4).then(|| {
                NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
            })?
        })?;
        let start = day.and_time(chrono::NaiveTime::MIN).and_utc();
        Some((start, start + Duration::days(1)))
    }

    /// Objects are read by day, then by name.
    pub(super) fn order(&self) -> (Option<NaiveDate>, &str) {
        (self.delivered().map(|(from, _)| from.date_naive()), &self.url)
    }

    /// The memory reading it may take: its bytes compressed and not, and its rows.
    pub(super) fn expected_memory(&self) -> usize {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let compressed = [".gz", ".gzip", ".zst", ".zstd"].iter().any(|end| self.url.ends_with(end));
        // CloudTrail deliveries inflate some 7 to 15 times; rows take about as much as the text.
        size.saturating_mul(if compressed { 25 } else { 3 })
    }
}

/// Finds the objects of a folder, a file, or a pattern such as `logs/**/*.json.gz`, in a store.
///
/// # Errors
/// The place cannot be listed, or nothing is there.
pub async fn find(source: &str) -> Result<Vec<Found>> {
    let (base, pattern) = split_pattern(source);
    let location = storage::open(base).await?;
    if pattern.is_none()
        && let Ok(meta) = location.store.head(&location.path).await
    {
        return Ok(vec![found(&location, meta)]);
    }
    let listed: Vec<_> = location
        .store
        .list(Some(&location.path))
        .try_collect()
        .await
        .map_err(|error| storage::failed(format!("cannot list {source}"), error))?;
    let matcher = pattern.map(|pattern| matcher(source, &location, pattern)).transpose()?;
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
    let matches =
        |path: &Path| matcher.as_ref().is_none_or(|matcher| matcher.matches_with(path.as_ref(), options));
    let found: Vec<_> = listed
        .into_iter()
        .filter(|meta| matches(&meta.location))
        .map(|meta| found(&location, meta))
        .collect();
    if found.is_empty() {
        return Err(Error::user(format!("there are no objects at {source}")).hinted(
            "give a folder, a file, a pattern in quotes such as 'logs/**/*.json.gz', or - for standard input",
        ));
    }
    Ok(found)
}

fn found(location: &Location, meta: object_store::ObjectMeta) -> Found {
    Found {
        url: location.url_of(&meta.location),
        etag: meta.e_tag,
        size: meta.size,
        last_modified: Some(meta.last_modified),
        body: Body::Stored(Arc::clone(&location.store), meta.location),
    }
}

/// Splits a pattern into the folder before its first wildcard and the rest.
fn split_pattern(source: &str) -> (&str, Option<&str>) {
    // A file may be called so: what exists is no pattern.
    let Some(wildcard) = source.find(['*', '?', '[']).filter(|_| !std::path::Path::new(source).exists())
    else {
        return (source, None);
    };
    match source.get(..wildcard).and_then(|before| before.rfind('/')) {
        Some(0) => ("/", source.get(1..)),
        Some(slash) => (source.get(..slash).unwrap_or(source), source.get(slash + 1..)),
        None => (".", Some(source)),
    }
}

fn matcher(source: &str, location: &Location, pattern: &str) -> Result<glob::Pattern> {
    let folder = glob::Pattern::escape(location.path.as_ref());
    let whole = if folder.is_empty() { pattern.to_owned() } else { format!("{folder}/{pattern}") };
    glob::Pattern::new(&whole)
        .map_err(|error| Error::user(format!("{source} is not a valid pattern")).caused_by(error))
}
