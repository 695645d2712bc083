//! What a check says of each file, written as rows while it goes on and made visible in one commit.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::DateTime;
use chrono::Utc;
use deltalake_core::kernel::Action;
use deltalake_core::kernel::Add;
use deltalake_core::kernel::Remove;
use serde_json::Value;

use crate::error::Error;
use crate::error::Result;
use crate::lake::Lake;
use crate::lake::delta::DataFile;
use crate::lake::delta::Outcome;
use crate::lake::encode::Rows;
use crate::lake::integrity::FILE_VERDICTS;
use crate::lake::integrity::texts;
use crate::lake::integrity::times;
use crate::lake::ledger::batch;

/// So many rows are written to a file.
const FILE_ROWS: usize = 100_000;

/// What a check says of one file, digest, or time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The URL of the file, or where it should be.
    pub source_file: Option<String>,
    /// What is said of it.
    pub verdict: &'static str,
    /// The digest that says so.
    pub digest: Option<Arc<str>>,
    /// `log`, `digest` or `chain`.
    pub kind: &'static str,
    /// Its account.
    pub account: Option<Arc<str>>,
    /// Its region.
    pub region: Option<Arc<str>>,
    /// Its trail.
    pub trail: Option<Arc<str>>,
    /// The time it is about, in microseconds since 1970.
    pub start: Option<i64>,
    /// The end of that time.
    pub end: Option<i64>,
    /// What was found, in words.
    pub detail: Option<String>,
}

/// Writes the verdicts of one check. Nothing is visible before [`Verdicts::commit`].
#[derive(Debug)]
pub struct Verdicts {
    lake: Lake,
    checked_at: DateTime<Utc>,
    /// The version that the verdicts take the place of.
    version: u64,
    before: BTreeMap<String, Arc<DataFile>>,
    rows: Vec<(Verdict, i64)>,
    adds: Vec<Add>,
}

impl Lake {
    /// Begins to write the verdicts of a check, which take the place of all there are.
    ///
    /// # Errors
    /// The lake cannot be written.
    pub async fn verdicts(&self, checked_at: DateTime<Utc>) -> Result<Verdicts> {
        self.tables().create().await?;
        self.refresh().await?;
        let snapshot = self.snapshot();
        Ok(Verdicts {
            lake: self.clone(),
            checked_at,
            version: snapshot.version(FILE_VERDICTS),
            before: snapshot.files(FILE_VERDICTS).cloned().unwrap_or_default(),
            rows: Vec::new(),
            adds: Vec::new(),
        })
    }
}

impl Verdicts {
    /// Adds a verdict of this check.
    ///
    /// # Errors
    /// The store fails.
    pub async fn push(&mut self, verdict: Verdict) -> Result<()> {
        self.push_of(verdict, self.checked_at.timestamp_micros()).await
    }

    /// Keeps a verdict of an earlier check, made at that time in microseconds since 1970.
    ///
    /// # Errors
    /// The store fails.
    pub async fn push_of(&mut self, verdict: Verdict, checked_at: i64) -> Result<()> {
        self.rows.push((verdict, checked_at));
        if self.rows.len() >= FILE_ROWS { self.write().await } else { Ok(()) }
    }

    async fn write(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        let (_, table) = self.lake.tables().named(FILE_VERDICTS)?;
        let of = || rows.iter().map(|(verdict, _)| verdict);
        let columns = vec![
            texts(of().map(|verdict| verdict.source_file.as_deref())),
            texts(of().map(|verdict| Some(verdict.verdict))),
            texts(of().map(|verdict| verdict.digest.as_deref())),
            times(rows.iter().map(|(_, at)| Some(*at))),
            texts(of().map(|verdict| Some(verdict.kind))),
            texts(of().map(|verdict| verdict.account.as_deref())),
            texts(of().map(|verdict| verdict.region.as_deref())),
            texts(of().map(|verdict| verdict.trail.as_deref())),
            times(of().map(|verdict| verdict.start)),
            times(of().map(|verdict| verdict.end)),
            texts(of().map(|verdict| verdict.detail.as_deref())),
        ];
        let batch = batch(&table.shape, columns)?;
        drop(rows);
        self.adds.push(table.write(self.lake.store(), None, Rows::all(batch)).await?);
        Ok(())
    }

    /// Makes the verdicts visible; those of earlier checks stay in the earlier versions of the table.
    ///
    /// # Errors
    /// The store fails, or another check was faster.
    pub async fn commit(mut self) -> Result<()> {
        self.write().await?;
        let (_, table) = self.lake.tables().named(FILE_VERDICTS)?;
        let now = Utc::now().timestamp_millis();
        let remove = |(path, file): (&String, &Arc<DataFile>)| {
            Action::Remove(Remove {
                path: path.clone(),
                data_change: true,
                deletion_timestamp: Some(now),
                extended_file_metadata: Some(true),
                partition_values: Some(HashMap::new()),
                size: i64::try_from(file.size).ok(),
                ..Remove::default()
            })
        };
        let removed = self.before.iter().map(remove);
        let actions: Vec<Action> = removed.chain(self.adds.iter().cloned().map(Action::Add)).collect();
        if actions.is_empty() {
            return Ok(());
        }
        match table.commit(self.version + 1, "WRITE", &Value::Null, &actions).await? {
            Outcome::Done => self.lake.refresh().await,
            Outcome::Taken => {
                Err(Error::storage("another check wrote its verdicts meanwhile").hinted("run it again"))
            }
        }
    }
}
