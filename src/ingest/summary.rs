//! What an ingest did, in numbers that add up.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::ingest::read::Outcome;
use crate::lake::Status;

/// A reject as the summary shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The object.
    pub source_file: String,
    /// The byte offset in it, uncompressed.
    pub position: u64,
    /// Why it could not be read.
    pub reason: String,
}

/// How many rejects the summary quotes.
pub(crate) const EXAMPLES: usize = 5;
/// How many objects it names that changed or failed; all of them are in `sources`.
pub(crate) const NAMED: usize = 1_000;

/// What an ingest did. `objects` = `known` + `outside` + `read` + `ignored` + `unchanged` + `changed` + `failed` + `elsewhere`,
/// and `records` = `rows` + `rejected`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Objects found in the sources.
    pub objects: u64,
    /// Objects that were in the lake already.
    pub known: u64,
    /// Objects without an event between `since` and `until`, or of an account or region not asked for.
    pub outside: u64,
    /// Objects read.
    pub read: u64,
    /// Of those, digests, which name log files and have no records of their own.
    pub digests: u64,
    /// Objects that are no log, by reason.
    pub ignored: BTreeMap<String, u64>,
    /// Objects that were touched, but hold the bytes that are in the lake.
    pub unchanged: u64,
    /// Objects whose bytes differ from those that are in the lake.
    pub changed: u64,
    /// Some of their URLs.
    pub changed_urls: Vec<String>,
    /// Objects that could not be fetched.
    pub failed: u64,
    /// Some of them: URL and reason.
    pub failures: Vec<(String, String)>,
    /// Objects that another ingest brought meanwhile.
    pub elsewhere: u64,
    /// Records found in the objects read.
    pub records: u64,
    /// Records that became rows.
    pub rows: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// Some of the rejects.
    pub examples: Vec<Example>,
    /// Commits made.
    pub commits: u64,
    /// Bytes read, as they lie in the source.
    pub bytes_read: u64,
    /// Bytes read, uncompressed.
    pub bytes_inflated: u64,
    /// Bytes of Parquet written.
    pub bytes_written: u64,
    /// Sources without any object.
    pub empty: Vec<String>,
    /// Folders that could not be listed, and why.
    pub unlisted: Vec<(String, String)>,
    /// Folders of other services' logs that were not looked into.
    pub passed: Vec<String>,
    /// Sources of which only the days were listed that could still change: the source, and the first such day.
    pub looked_back: Vec<(String, chrono::NaiveDate)>,
}

impl Summary {
    pub(super) fn note(&mut self, outcome: Outcome) {
        self.bytes_read += outcome.size;
        self.bytes_inflated += outcome.inflated;
        match outcome.status {
            Status::Read => {
                self.read += 1;
                self.digests += u64::from(outcome.is_digest);
            }
            Status::Ignored => *self.ignored.entry(outcome.detail).or_default() += 1,
            Status::Unchanged => self.unchanged += 1,
            Status::Failed if outcome.changed => {
                self.changed += 1;
                push(&mut self.changed_urls, outcome.url);
            }
            Status::Failed => {
                self.failed += 1;
                push(&mut self.failures, (outcome.url, outcome.detail));
            }
        }
        let room = EXAMPLES.saturating_sub(self.examples.len());
        self.examples.extend(outcome.rejects.into_iter().take(room));
    }

    pub(super) fn note_unlisted(&mut self, folder: &str, error: &Error) {
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
        push(&mut self.unlisted, (folder.to_owned(), format!("{error}{cause}")));
    }

    /// Adds what another run did, for whoever follows a source through many.
    pub fn add(&mut self, other: Self) {
        self.objects += other.objects;
        self.known += other.known;
        self.outside += other.outside;
        self.read += other.read;
        self.digests += other.digests;
        for (reason, count) in other.ignored {
            *self.ignored.entry(reason).or_default() += count;
        }
        self.unchanged += other.unchanged;
        self.changed += other.changed;
        other.changed_urls.into_iter().for_each(|url| push(&mut self.changed_urls, url));
        self.failed += other.failed;
        other.failures.into_iter().for_each(|failure| push(&mut self.failures, failure));
        self.elsewhere += other.elsewhere;
        self.records += other.records;
        self.rows += other.rows;
        self.rejected += other.rejected;
        let room = EXAMPLES.saturating_sub(self.examples.len());
        self.examples.extend(other.examples.into_iter().take(room));
        self.commits += other.commits;
        self.bytes_read += other.bytes_read;
        self.bytes_inflated += other.bytes_inflated;
        self.bytes_written += other.bytes_written;
        self.empty = other.empty;
        other.unlisted.into_iter().for_each(|folder| push(&mut self.unlisted, folder));
        other.passed.into_iter().for_each(|folder| push(&mut self.passed, folder));
        self.looked_back = other.looked_back;
    }
}

fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() < NAMED {
        list.push(item);
    }
}
