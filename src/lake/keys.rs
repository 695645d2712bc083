//! The public keys that digests are checked with, kept in the lake so that a check needs no AWS.

use std::collections::BTreeSet;

use arrow::array::Array;
use arrow::array::AsArray;
use arrow::datatypes::TimestampMicrosecondType;
use chrono::Utc;
use deltalake_core::kernel::Action;
use object_store::ObjectStoreExt;
use serde_json::Value;

use crate::error::Error;
use crate::error::Result;
use crate::lake::Lake;
use crate::lake::delta::Outcome;
use crate::lake::encode::Rows;
use crate::lake::integrity::KEYS;
use crate::lake::integrity::texts;
use crate::lake::integrity::times;
use crate::lake::known::each_batch;
use crate::lake::known::text;
use crate::lake::ledger::batch;
use crate::lake::tables::TRIES;

/// One public key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Its name in digests.
    pub fingerprint: String,
    /// The region it was asked of, where that is known.
    pub region: Option<String>,
    /// From when on it was used, in microseconds since 1970.
    pub valid_from: Option<i64>,
    /// Until when it was used, in microseconds since 1970.
    pub valid_until: Option<i64>,
    /// DER in base64, PKCS #1 or SubjectPublicKeyInfo.
    pub value: String,
    /// Where it was taken from.
    pub source: String,
}

impl Key {
    /// What makes it one key: the same name and value, asked of the same region.
    fn identity(&self) -> (String, Option<String>, String) {
        (self.fingerprint.clone(), self.region.clone(), self.value.clone())
    }
}

impl Lake {
    /// The public keys of the lake as of its snapshot, in the order of their names.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn keys(&self) -> Result<Vec<Key>> {
        const NAMES: [&str; 6] =
            ["fingerprint", "aws_region", "value", "source", "valid_from", "valid_until"];
        let mut keys = Vec::new();
        let snapshot = self.snapshot();
        for file in snapshot.files(KEYS).into_iter().flat_map(|files| files.values()) {
            each_batch(self.store(), file, &NAMES, |rows| {
                let [fingerprint, region, value, source] =
                    [0, 1, 2, 3].map(|at| crate::lake::known::texts(rows, NAMES[at], file));
                let (fingerprint, region, value, source) = (fingerprint?, region?, value?, source?);
                let time = |name: &str, row: usize| {
                    let column = rows.column_by_name(name)?.as_primitive_opt::<TimestampMicrosecondType>()?;
                    column.is_valid(row).then(|| column.value(row))
                };
                for row in 0..rows.num_rows() {
                    keys.push(Key {
                        fingerprint: text(fingerprint, row).unwrap_or_default().to_owned(),
                        region: text(region, row).map(str::to_owned),
                        valid_from: time("valid_from", row),
                        valid_until: time("valid_until", row),
                        value: text(value, row).unwrap_or_default().to_owned(),
                        source: text(source, row).unwrap_or_default().to_owned(),
                    });
                }
                Ok(())
            })
            .await?;
        }
        keys.sort();
        Ok(keys)
    }

    /// Adds the keys that the lake does not have yet; returns how many those were.
    ///
    /// # Errors
    /// The lake cannot be read or written.
    pub async fn add_keys(&self, keys: &[Key]) -> Result<usize> {
        self.tables().create().await?;
        let (_, table) = self.tables().named(KEYS)?;
        for _ in 0..TRIES {
            self.refresh().await?;
            let mut known: BTreeSet<_> = self.keys().await?.iter().map(Key::identity).collect();
            let new: Vec<&Key> = keys.iter().filter(|key| known.insert(key.identity())).collect();
            if new.is_empty() {
                return Ok(0);
            }
            let now = Utc::now().timestamp_micros();
            let columns = vec![
                texts(new.iter().map(|key| Some(key.fingerprint.as_str()))),
                texts(new.iter().map(|key| key.region.as_deref())),
                times(new.iter().map(|key| key.valid_from)),
                times(new.iter().map(|key| key.valid_until)),
                texts(new.iter().map(|key| Some(key.value.as_str()))),
                texts(new.iter().map(|key| Some(key.source.as_str()))),
                times(new.iter().map(|_| Some(now))),
            ];
            let rows = Rows::all(batch(&table.shape, columns)?);
            let add = table.write(self.store(), None, rows).await?;
            let version = self.snapshot().version(KEYS) + 1;
            let actions = [Action::Add(add.clone())];
            if table.commit(version, "WRITE", &Value::Null, &actions).await? == Outcome::Done {
                self.refresh().await?;
                return Ok(new.len());
            }
            if let Err(error) = self.store().delete(&table.path(&add.path)).await {
                tracing::debug!(%error, "a stale file stays");
            }
            tokio::task::yield_now().await;
        }
        Err(Error::storage(format!("{} has too many writers", table.root))
            .hinted("try again; nothing is lost"))
    }
}
