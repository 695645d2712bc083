//! Which objects are in: the rows of `sources` and `rejects`, and the set that says what is known.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use arrow::array::Array;
use arrow::array::ArrayRef;
use arrow::array::AsArray;
use arrow::array::Int64Array;
use arrow::array::RecordBatch;
use arrow::array::StringArray;
use arrow::array::TimestampMicrosecondArray;
use chrono::DateTime;
use chrono::Utc;
use futures::StreamExt;
use futures::TryStreamExt;
use object_store::ObjectStore;
use parquet::arrow::ParquetRecordBatchStreamBuilder;
use parquet::arrow::ProjectionMask;
// Deprecated in favour of a reader of one's own, for those who need more than it does.
#[allow(deprecated)]
use parquet::arrow::async_reader::ParquetObjectReader;
use parquet::errors::ParquetError;
use sha2::Digest;
use sha2::Sha256;

use crate::error::Error;
use crate::error::Result;
use crate::lake::delta::DataFile;
use crate::lake::layout::Shape;
use crate::logs::Reject;

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Its records are rows and rejects.
    Read,
    /// It was written anew with the content that the lake already has.
    Unchanged,
    /// It is no log.
    Ignored,
    /// It could not be fetched or opened; it will be tried again.
    Failed,
}

impl Status {
    /// The word in `sources.status`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Unchanged => "unchanged",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
        }
    }
}

/// One row of `sources`.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where the object was read from.
    pub url: String,
    /// The log it belongs to.
    pub log: Option<&'static str>,
    /// What became of it.
    pub status: Status,
    /// Why it was ignored or failed.
    pub detail: Option<String>,
    /// Its size in bytes, as stored.
    pub size: u64,
    /// The version of its content, as its store names it.
    pub etag: Option<String>,
    /// When its store says it was written, in microseconds since 1970.
    pub last_modified: Option<i64>,
    /// The SHA-256 of its uncompressed bytes, in hexadecimal.
    pub sha256: Option<String>,
    /// Rows plus rejects.
    pub records: u64,
    /// Rejects.
    pub rejected: u64,
    /// The time of its earliest event, in microseconds since 1970.
    pub first_event_time: Option<i64>,
    /// The time of its latest event, in microseconds since 1970.
    pub last_event_time: Option<i64>,
}

/// An object as it comes into the lake: all of it, or nothing.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its row of `sources`.
    pub source: Source,
    /// Its rows, in the schema of its log's columns.
    pub batches: Vec<RecordBatch>,
    /// Its rejects.
    pub rejects: Vec<Reject>,
}

impl Object {
    /// Checks that the object's counts add up.
    ///
    /// # Errors
    /// They do not: whoever made the object lost records or counted them wrong.
    pub(super) fn check(&self) -> Result<()> {
        let rows: u64 = self.batches.iter().map(|batch| batch.num_rows() as u64).sum();
        let source = &self.source;
        if source.records == rows + source.rejected && source.rejected == self.rejects.len() as u64 {
            return Ok(());
        }
        Err(Error::internal(format!(
            "{}: {} records are not {rows} rows and {} rejects (of which {} came)",
            source.url,
            source.records,
            source.rejected,
            self.rejects.len()
        )))
    }
}

/// The rows of `sources` for these objects.
pub(super) fn sources_batch(objects: &[&Object], ingested_at: DateTime<Utc>) -> Result<RecordBatch> {
    let text = |value: fn(&Source) -> Option<&str>| -> ArrayRef {
        Arc::new(objects.iter().map(|object| value(&object.source)).collect::<StringArray>())
    };
    let long = |value: fn(&Source) -> u64| -> ArrayRef {
        let values = objects.iter().map(|object| i64::try_from(value(&object.source)).unwrap_or(i64::MAX));
        Arc::new(values.collect::<Int64Array>())
    };
    let time = |value: &dyn Fn(&Source) -> Option<i64>| -> ArrayRef {
        let values = objects.iter().map(|object| value(&object.source));
        Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
    };
    let now = ingested_at.timestamp_micros();
    let columns = vec![
        text(|source| Some(&source.url)),
        text(|source| source.log),
        text(|source| Some(source.status.as_str())),
        text(|source| source.detail.as_deref()),
        long(|source| source.size),
        text(|source| source.etag.as_deref()),
        time(&|source| source.last_modified),
        text(|source| source.sha256.as_deref()),
        long(|source| source.records),
        long(|source| source.rejected),
        time(&|source| source.first_event_time),
        time(&|source| source.last_event_time),
        time(&|_| Some(now)),
    ];
    batch(&Shape::SOURCES, columns)
}

/// The rows of `rejects` for these objects; none if nothing was rejected.
pub(super) fn rejects_batch(objects: &[&Object], ingested_at: DateTime<Utc>) -> Result<Option<RecordBatch>> {
    let rejects: Vec<(&str, &Reject)> = objects
        .iter()
        .flat_map(|object| object.rejects.iter().map(|reject| (object.source.url.as_str(), reject)))
        .collect();
    if rejects.is_empty() {
        return Ok(None);
    }
    let positions = rejects.iter().map(|(_, reject)| i64::try_from(reject.position).unwrap_or(i64::MAX));
    let now = vec![ingested_at.timestamp_micros(); rejects.len()];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rejects.iter().map(|(url, _)| Some(*url)).collect::<StringArray>()),
        Arc::new(positions.collect::<Int64Array>()),
        Arc::new(rejects.iter().map(|(_, reject)| Some(reject.reason.as_str())).collect::<StringArray>()),
        Arc::new(rejects.iter().map(|(_, reject)| Some(reject.content.as_str())).collect::<StringArray>()),
        Arc::new(TimestampMicrosecondArray::from(now).with_timezone("UTC")),
    ];
    batch(&Shape::REJECTS, columns).map(Some)
}

fn batch(shape: &Shape, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(shape.file_schema(), columns)
        .map_err(|error| Error::internal(format!("cannot make rows of {}", shape.name)).caused_by(error))
}

/// The objects that the lake has. Cheap to clone; clones see what any of them learns.
///
/// It holds hashes only, 16 bytes for an object and 8 for its URL, so that ten million objects fit in memory.
#[derive(Clone, Debug, Default)]
pub struct Known(Arc<Mutex<Sets>>);

#[derive(Debug, Default)]
struct Sets {
    objects: HashSet<u128>,
    failed: HashSet<u128>,
    urls: HashSet<u64>,
    files: HashSet<String>,
}

impl Known {
    /// Tells whether this version of the object is in the lake. One that failed is not: it is to be tried again.
    pub fn contains(&self, url: &str, etag: Option<&str>) -> bool {
        self.sets().objects.contains(&hash(url, etag))
    }

    /// Tells whether any version of the object is in the lake, so that a new one is known to be changed.
    pub fn contains_url(&self, url: &str) -> bool {
        self.sets().urls.contains(&hash_url(url))
    }

    /// How many objects it knows.
    pub fn len(&self) -> usize {
        self.sets().objects.len()
    }

    /// Tells whether it knows no object.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Tells whether the source is to be left out of a batch: it is in, or failed once and failed again.
    pub(super) fn has(&self, source: &Source) -> bool {
        let hash = hash(&source.url, source.etag.as_deref());
        let sets = self.sets();
        sets.objects.contains(&hash) || (source.status == Status::Failed && sets.failed.contains(&hash))
    }

    pub(super) fn learn(&self, url: &str, etag: Option<&str>, status: &str) {
        let hash = hash(url, etag);
        let mut sets = self.sets();
        if status == Status::Failed.as_str() {
            sets.failed.insert(hash);
        } else {
            sets.objects.insert(hash);
            sets.urls.insert(hash_url(url));
        }
    }

    /// Reads those files of `sources` that it has not read yet.
    pub(super) async fn read(
        &self,
        store: &Arc<dyn ObjectStore>,
        files: &BTreeMap<String, Arc<DataFile>>,
    ) -> Result<()> {
        let new = files.iter().filter(|(path, _)| !self.sets().files.contains(*path));
        let new: Vec<_> = new.map(|(path, file)| (path.clone(), Arc::clone(file))).collect();
        futures::stream::iter(new)
            .map(|(path, file)| async move {
                self.read_file(store, &file).await?;
                self.sets().files.insert(path);
                Ok(())
            })
            .buffer_unordered(8)
            .try_collect()
            .await
    }

    async fn read_file(&self, store: &Arc<dyn ObjectStore>, file: &DataFile) -> Result<()> {
        each_row(store, file, ["url", "etag", "status"], |[url, etag, status]| {
            self.learn(url.unwrap_or_default(), etag, status.unwrap_or_default());
        })
        .await
    }

    /// The hashes of the bytes that were read under some URLs, for those that are in `files`.
    pub(super) async fn hashes(
        store: &Arc<dyn ObjectStore>,
        files: &BTreeMap<String, Arc<DataFile>>,
        urls: &HashSet<String>,
    ) -> Result<BTreeMap<String, Vec<String>>> {
        let mut hashes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in files.values() {
            each_row(store, file, ["url", "sha256"], |[url, hash]| {
                if let Some(url) = url.filter(|url| urls.contains(*url)) {
                    hashes.entry(url.to_owned()).or_default().extend(hash.map(str::to_owned));
                }
            })
            .await?;
        }
        Ok(hashes)
    }

    pub(super) fn learn_file(&self, path: &str) {
        self.sets().files.insert(path.to_owned());
    }

    fn sets(&self) -> MutexGuard<'_, Sets> {
        // A set is whole after each of its operations, also when another thread panicked in between.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Streams some text columns of a file of `sources` and hands over each row.
async fn each_row<const N: usize>(
    store: &Arc<dyn ObjectStore>,
    file: &DataFile,
    columns: [&str; N],
    mut row: impl FnMut([Option<&str>; N]),
) -> Result<()> {
    let failed = |error: ParquetError| match Error::within(&error) {
        Some(refusal) => refusal.during(&format!("cannot read {}", file.path)),
        None => Error::data(format!("cannot read {}", file.path)).caused_by(error),
    };
    #[allow(deprecated)]
    let reader = ParquetObjectReader::new(Arc::clone(store), file.path.clone()).with_file_size(file.size);
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await.map_err(failed)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns);
    let mut stream = builder.with_projection(mask).build().map_err(failed)?;
    while let Some(batch) = stream.try_next().await.map_err(failed)? {
        let mut texts = Vec::with_capacity(N);
        for name in columns {
            let column = batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
            texts
                .push(column.ok_or_else(|| Error::data(format!("{} has no text column {name}", file.path)))?);
        }
        for at in 0..batch.num_rows() {
            row(std::array::from_fn(|column| {
                texts.get(column).filter(|text| text.is_valid(at)).map(|text| text.value(at))
            }));
        }
    }
    Ok(())
}

/// A hash that nobody can make two objects collide in, for whoever can write to a bucket chooses the names.
fn hash(url: &str, etag: Option<&str>) -> u128 {
    let mut hasher = Sha256::new();
    hasher.update((url.len() as u64).to_le_bytes());
    hasher.update(url);
    if let Some(etag) = etag {
        hasher.update([1]);
        hasher.update(etag);
    }
    let digest = hasher.finalize();
    digest.iter().take(16).fold(0, |hash, byte| hash << 8 | u128::from(*byte))
}

fn hash_url(url: &str) -> u64 {
    Sha256::digest(url).iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_an_object_are_told_apart() {
        let known = Known::default();
        known.learn("s3://b/k", Some("1"), "read");
        known.learn("s3://b/broken", None, "failed");
        assert!(known.contains("s3://b/k", Some("1")));
        assert!(!known.contains("s3://b/k", Some("2")));
        assert!(!known.contains("s3://b/k", None));
        assert!(known.contains_url("s3://b/k"));
        assert!(!known.contains("s3://b/broken", None), "what failed is tried again");
        assert_eq!(known.len(), 1);
        assert_ne!(hash("ab", Some("")), hash("ab", None));
    }
}
