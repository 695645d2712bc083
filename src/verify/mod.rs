//! Proves that the logs are whole: digests by their signatures, logs by the digests.
//!
//! ```text
//! chain.rs       the digests of a chain from the newest to the oldest: signature, hash in the next, hours without one
//! digest.rs      one digest: what signs it, and whether it lies where it belongs
//! files.rs       the log files against the hashes in the digests that hold
//! signature.rs   what is signed, with which key
//! keys.rs        the public keys: from AWS, or from a file
//! report.rs      what was found: counts, findings, the document
//! ```
//!
//! All is told from the tables of the lake; nothing is fetched, unless the objects are to be hashed again. Memory is that
//! of [`files::PASS`] names of files, whatever the size of the ledger: of more there are several passes.

use std::sync::Arc;

use chrono::DateTime;
use chrono::Utc;
use futures::TryStreamExt;

use crate::error::Result;
use crate::lake::Lake;
use crate::lake::Verdict;
use crate::lake::Verdicts;
use crate::session::Session;

mod chain;
mod digest;
mod files;
pub mod keys;
mod names;
mod report;
mod rows;
pub mod signature;

pub use report::Chain;
pub use report::Report;

/// What is checked.
#[derive(Clone, Debug, Default)]
pub struct Range {
    /// Only deliveries at or after this time.
    pub since: Option<DateTime<Utc>>,
    /// Only deliveries before this time.
    pub until: Option<DateTime<Utc>>,
    /// Only these accounts; all if there are none.
    pub accounts: Vec<String>,
    /// Only these regions; all if there are none.
    pub regions: Vec<String>,
}

impl Range {
    /// Tells whether it is everything.
    pub fn is_whole(&self) -> bool {
        self.since.is_none() && self.until.is_none() && self.accounts.is_empty() && self.regions.is_empty()
    }

    fn wants_place(&self, account: Option<&str>, region: Option<&str>) -> bool {
        let listed = |list: &[String], name: Option<&str>| {
            list.is_empty() || name.is_some_and(|name| list.iter().any(|item| item == name))
        };
        listed(&self.accounts, account) && listed(&self.regions, region)
    }

    /// Tells whether a time in microseconds since 1970 that ends in `end` reaches into it.
    fn wants_time(&self, start: Option<i64>, end: Option<i64>) -> bool {
        let after = self.since.zip(end.or(start)).is_none_or(|(since, end)| end > since.timestamp_micros());
        let before =
            self.until.zip(start.or(end)).is_none_or(|(until, start)| start < until.timestamp_micros());
        after && before
    }

    fn wants(&self, verdict: &Verdict) -> bool {
        self.wants_place(verdict.account.as_deref(), verdict.region.as_deref())
            && self.wants_time(verdict.start, verdict.end)
    }
}

/// Whether the objects are read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// The hashes of the bytes that the rows of the lake came from.
    Ledger,
    /// Those, and the bytes that lie in the sources now.
    Sources,
}

/// Where verdicts go: into the table, and into the report.
struct Sink {
    verdicts: Verdicts,
    report: Report,
}

impl Sink {
    async fn note(&mut self, verdict: Verdict) -> Result<()> {
        self.report.count(&verdict);
        self.verdicts.push(verdict).await
    }
}

/// Checks digests and logs, and keeps the verdicts in the lake.
///
/// `checked_at` is noted with them. `session` is over the same lake.
///
/// # Errors
/// The lake cannot be read or written. What is wrong with the logs is no error, but in the report.
pub async fn run(
    lake: &Lake,
    session: &Session,
    range: &Range,
    against: Against,
    checked_at: DateTime<Utc>,
) -> Result<Report> {
    let verdicts = lake.verdicts(checked_at).await?;
    let snapshot = lake.snapshot();
    let session = session.pinned(Arc::clone(&snapshot));
    let keys = lake.keys().await?;
    let report = Report::new(lake.location().to_string(), &snapshot, range.clone(), checked_at, &keys);
    let mut sink = Sink { verdicts, report };
    let walked = chain::walk(&session, range, &signature::Keyring::new(&keys), &mut sink).await?;
    files::check(&session, range, against, &walked, &mut sink).await?;
    keep_others(&session, range, &mut sink.verdicts).await?;
    sink.verdicts.commit().await?;
    let mut report = sink.report;
    report.finish();
    Ok(report)
}

/// Keeps the verdicts of earlier checks about what lies outside of the range.
async fn keep_others(session: &Session, range: &Range, verdicts: &mut Verdicts) -> Result<()> {
    if range.is_whole() {
        return Ok(());
    }
    let mut stream = rows::ask(session, "SELECT * FROM file_verdicts").await?;
    while let Some(batch) = stream.try_next().await? {
        let text = |name: &str| rows::Texts::of(&batch, name);
        let time = |name: &str| rows::Times::of(&batch, name);
        let (file, said, digest, kind) =
            (text("source_file")?, text("verdict")?, text("digest")?, text("kind")?);
        let (account, region, trail, detail) =
            (text("account_id")?, text("aws_region")?, text("trail")?, text("detail")?);
        let (start, end, at) = (time("start_time")?, time("end_time")?, time("checked_at")?);
        for row in 0..batch.num_rows() {
            let verdict = Verdict {
                source_file: file.owned(row),
                verdict: report::word(said.get(row)),
                digest: digest.get(row).map(Into::into),
                kind: report::kind(kind.get(row)),
                account: account.get(row).map(Into::into),
                region: region.get(row).map(Into::into),
                trail: trail.get(row).map(Into::into),
                start: start.get(row),
                end: end.get(row),
                detail: detail.owned(row),
            };
            if !range.wants(&verdict) {
                verdicts.push_of(verdict, at.get(row).unwrap_or_default()).await?;
            }
        }
    }
    Ok(())
}
