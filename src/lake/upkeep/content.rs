//! A hash of all rows of a table, which depends on the rows only: not on their order, nor on the files they are in.

use std::sync::Arc;

use arrow::row::RowConverter;
use arrow::row::SortField;
use futures::StreamExt;
use futures::TryStreamExt;
use object_store::ObjectStore;
use sha2::Digest;
use sha2::Sha256;

use crate::error::Error;
use crate::error::Result;
use crate::lake::Lake;
use crate::lake::delta::DataFile;
use crate::lake::delta::Table;
use crate::lake::upkeep::read::Files;
use crate::lake::upkeep::read::Keep;
use crate::lake::upkeep::read::Met;

/// How many files are read at once.
const AT_ONCE: usize = 4;

/// What is in a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// How many rows.
    pub rows: u64,
    /// The sum of the rows' hashes, each the first half of the SHA-256 of the row's values and its day.
    pub hash: u128,
}

impl Content {
    pub(super) fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.hash = self.hash.wrapping_add(other.hash);
    }
}

impl Lake {
    /// The content of each table of the newest snapshot, which reads all of it.
    ///
    /// # Errors
    /// The store fails, or a file cannot be read.
    pub async fn content(&self) -> Result<Vec<(&'static str, Content)>> {
        self.refresh().await?;
        let files = self.tables().files(&*self.0.states.lock().await);
        let mut all = Vec::new();
        for (table, files) in self.tables().iter().zip(files) {
            let files = files.values().cloned().collect();
            all.push((table.shape.name, content(self.store(), table, files, &Keep::All).await?));
        }
        Ok(all)
    }
}

/// The content of some files of a table, as far as it is kept.
pub(super) async fn content(
    store: &Arc<dyn ObjectStore>,
    table: &Table,
    files: Vec<Arc<DataFile>>,
    keep: &Keep,
) -> Result<Content> {
    let tasks = futures::stream::iter(files).map(|file| {
        let read = Files {
            store: Arc::clone(store),
            schema: Files::schema_of(&table.shape),
            files: vec![Arc::clone(&file)],
            keep: keep.clone(),
            met: Arc::new(Met::nothing()),
        };
        async move { tokio::spawn(of_file(read, file.day)).await }
    });
    let mut tasks = tasks.buffer_unordered(AT_ONCE);
    let mut sum = Content::default();
    while let Some(outcome) = tasks.next().await {
        sum.add(outcome.map_err(|error| Error::internal("hashing broke off").caused_by(error))??);
    }
    Ok(sum)
}

async fn of_file(read: Files, day: Option<i32>) -> Result<Content> {
    let failed = |error| Error::internal("cannot hash rows").caused_by(error);
    let fields = read.schema.fields().iter().map(|field| SortField::new(field.data_type().clone()));
    let converter = RowConverter::new(fields.collect()).map_err(failed)?;
    let day = day.map_or([0; 5], |day| {
        let [a, b, c, d] = day.to_le_bytes();
        [1, a, b, c, d]
    });
    let mut sum = Content::default();
    let mut batches = std::pin::pin!(read.stream());
    while let Some(batch) = batches.try_next().await? {
        for row in converter.convert_columns(batch.columns()).map_err(failed)?.iter() {
            let digest = Sha256::new().chain_update(day).chain_update(row.as_ref()).finalize();
            let half = digest.iter().take(16).fold(0_u128, |hash, byte| hash << 8 | u128::from(*byte));
            sum.add(Content { rows: 1, hash: half });
        }
    }
    Ok(sum)
}
