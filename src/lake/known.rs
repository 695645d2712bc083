//! Which objects are in the lake: a set that is read from `sources` and learns from each commit.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::hash::BuildHasher;
use std::hash::RandomState;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use arrow::array::Array;
use arrow::array::AsArray;
use arrow::array::RecordBatch;
use arrow::datatypes::TimestampMicrosecondType;
use datafusion::common::ScalarValue;
use futures::StreamExt;
use futures::TryStreamExt;
use object_store::ObjectStore;
use parquet::arrow::ParquetRecordBatchStreamBuilder;
use parquet::arrow::ProjectionMask;
// Deprecated in favour of a reader of one's own, for those who need more than it does.
#[allow(deprecated)]
use parquet::arrow::async_reader::ParquetObjectReader;
use parquet::errors::ParquetError;

use crate::error::Error;
use crate::error::Result;
use crate::lake::bounds::Bounds;
use crate::lake::delta::DataFile;
use crate::lake::layout::SOURCES_COLUMNS;
use crate::lake::ledger::Source;
use crate::lake::ledger::Status;
use crate::lake::ledger::is_settled;

/// So many URLs of failed objects are kept, to be tried again; of others it is only known that they failed.
const MOST_FAILED: usize = 100_000;

/// The objects that the lake has. Cheap to clone; clones see what any of them learns.
///
/// It holds hashes only, 16 bytes for an object and 8 for its URL, so that ten million objects fit in memory.
#[derive(Clone, Debug, Default)]
pub struct Known(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Objects that were last written before, in microseconds since 1970, are left out, unless they failed.
    since: Option<i64>,
    sets: Mutex<Sets>,
    // Keys that nobody can guess: whoever can write to a bucket chooses the names, and must not be able to make two
    // objects collide.
    keys: [RandomState; 2],
}

#[derive(Debug, Default)]
struct Sets {
    objects: HashSet<u128>,
    /// A chance hit among these costs a look into the ledger, and nothing else.
    urls: HashSet<u64>,
    failed: HashMap<u128, Option<Version>>,
    files: HashSet<String>,
}

/// The URL of an object, and the version of its content.
pub type Version = (Box<str>, Option<Box<str>>);

impl Known {
    /// Will know only objects that were last written at or after a time in microseconds since 1970, and failed ones.
    pub fn since(time: i64) -> Self {
        Self(Arc::new(Inner { since: Some(time), ..Inner::default() }))
    }

    /// Tells whether this version of the object is in the lake. One that failed is not: it is to be tried again.
    pub fn contains(&self, url: &str, etag: Option<&str>) -> bool {
        self.sets().objects.contains(&self.hash(url, etag))
    }

    /// Tells whether any version of the object is in the lake, so that a new one is known to be changed.
    pub fn contains_url(&self, url: &str) -> bool {
        self.sets().urls.contains(&self.hash_url(url))
    }

    /// How many objects it knows.
    pub fn len(&self) -> usize {
        self.sets().objects.len()
    }

    /// Tells whether it knows no object.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The objects that failed and were never read, to be tried again.
    pub fn failed(&self) -> Vec<Version> {
        let sets = self.sets();
        let failed = sets.failed.iter().filter(|(hash, _)| !sets.objects.contains(*hash));
        let failed = failed.filter_map(|(_, version)| version.clone());
        let mut failed: Vec<_> = failed.filter(|(url, _)| !sets.urls.contains(&self.hash_url(url))).collect();
        failed.sort_unstable();
        failed.dedup_by(|a, b| a.0 == b.0);
        failed
    }

    /// Tells whether the source is to be left out of a batch: it is in, or failed once and failed again.
    pub(super) fn has(&self, source: &Source) -> bool {
        let hash = self.hash(&source.url, source.etag.as_deref());
        let sets = self.sets();
        sets.objects.contains(&hash) || (source.status == Status::Failed && sets.failed.contains_key(&hash))
    }

    pub(super) fn learn(&self, url: &str, etag: Option<&str>, status: &str, detail: Option<&str>) {
        let hash = self.hash(url, etag);
        let url_hash = self.hash_url(url);
        let mut sets = self.sets();
        if is_settled(status, detail) {
            sets.objects.insert(hash);
            sets.urls.insert(url_hash);
        } else {
            let kept = (sets.failed.len() < MOST_FAILED).then(|| (url.into(), etag.map(Into::into)));
            sets.failed.entry(hash).or_insert(kept);
        }
    }

    /// Reads those files of `sources` that it has not read yet.
    pub(super) async fn read(
        &self,
        store: &Arc<dyn ObjectStore>,
        files: &BTreeMap<String, Arc<DataFile>>,
    ) -> Result<()> {
        let new = files.iter().filter(|(path, file)| !self.sets().files.contains(*path) && self.wants(file));
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

    /// Tells whether a file may hold an object that it wants to know, by what the table's log says of the file.
    fn wants(&self, file: &DataFile) -> bool {
        let Some(since) = self.0.since else { return true };
        let none_failed = bounds(file, "status").and_then(|bounds| bounds.min.as_ref()).is_some_and(|min| {
            // Among the ignored may be what is read by now.
            min.try_as_str().flatten().is_some_and(|status| status > Status::Ignored.as_str())
        });
        let Some(modified) = bounds(file, "last_modified") else { return true };
        let all_older =
            matches!(&modified.max, Some(ScalarValue::TimestampMicrosecond(Some(max), _)) if *max < since);
        !(none_failed && all_older && modified.nulls == Some(0))
    }

    async fn read_file(&self, store: &Arc<dyn ObjectStore>, file: &DataFile) -> Result<()> {
        each_batch(store, file, &["url", "etag", "status", "detail", "last_modified"], |batch| {
            let [url, etag, status, detail] =
                ["url", "etag", "status", "detail"].map(|name| texts(batch, name, file));
            let (url, etag, status, detail) = (url?, etag?, status?, detail?);
            let modified = batch
                .column_by_name("last_modified")
                .and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
            for row in 0..batch.num_rows() {
                let status = text(status, row).unwrap_or_default();
                let detail = text(detail, row);
                let modified = modified.filter(|times| times.is_valid(row)).map(|times| times.value(row));
                let old = self.0.since.zip(modified).is_some_and(|(since, modified)| modified < since);
                if !old || !is_settled(status, detail) {
                    self.learn(text(url, row).unwrap_or_default(), text(etag, row), status, detail);
                }
            }
            Ok(())
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
        let (Some(first), Some(last)) = (urls.iter().min(), urls.iter().max()) else { return Ok(hashes) };
        for file in files.values().filter(|file| !is_elsewhere(file, first, last)) {
            each_batch(store, file, &["url", "sha256"], |batch| {
                let (url, hash) = (texts(batch, "url", file)?, texts(batch, "sha256", file)?);
                for row in 0..batch.num_rows() {
                    if let Some(url) = text(url, row).filter(|url| urls.contains(*url)) {
                        let hash = text(hash, row).map(str::to_owned);
                        hashes.entry(url.to_owned()).or_default().extend(hash);
                    }
                }
                Ok(())
            })
            .await?;
        }
        Ok(hashes)
    }

    /// Those of some URLs of which a version is in the files that need not be tried again.
    pub(super) async fn settled(
        store: &Arc<dyn ObjectStore>,
        files: &BTreeMap<String, Arc<DataFile>>,
        urls: &HashSet<String>,
    ) -> Result<HashSet<String>> {
        let mut settled = HashSet::new();
        let (Some(first), Some(last)) = (urls.iter().min(), urls.iter().max()) else { return Ok(settled) };
        for file in files.values().filter(|file| !is_elsewhere(file, first, last)) {
            each_batch(store, file, &["url", "status", "detail"], |batch| {
                let [url, status, detail] = ["url", "status", "detail"].map(|name| texts(batch, name, file));
                let (url, status, detail) = (url?, status?, detail?);
                for row in 0..batch.num_rows() {
                    if let Some(url) = text(url, row).filter(|url| urls.contains(*url))
                        && is_settled(text(status, row).unwrap_or_default(), text(detail, row))
                    {
                        settled.insert(url.to_owned());
                    }
                }
                Ok(())
            })
            .await?;
        }
        Ok(settled)
    }

    pub(super) fn learn_file(&self, path: &str) {
        self.sets().files.insert(path.to_owned());
    }

    /// Learns that files were written anew: if it has read all of those, it knows what they became.
    pub(super) fn learn_rewritten(&self, before: &[String], after: &[String]) {
        let mut sets = self.sets();
        if before.iter().all(|path| sets.files.contains(path)) {
            sets.files.extend(after.iter().cloned());
        }
    }

    fn sets(&self) -> MutexGuard<'_, Sets> {
        // A set is whole after each of its operations, also when another thread panicked in between.
        self.0.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hash(&self, url: &str, etag: Option<&str>) -> u128 {
        let [high, low] = self.0.keys.each_ref().map(|key| u128::from(key.hash_one((url, etag))));
        high << 64 | low
    }

    fn hash_url(&self, url: &str) -> u64 {
        let [key, _] = &self.0.keys;
        key.hash_one(url)
    }
}

/// Tells whether a file holds no URL between two others.
fn is_elsewhere(file: &DataFile, first: &str, last: &str) -> bool {
    let Some(bounds) = bounds(file, "url") else { return false };
    let text = |limit: &Option<ScalarValue>| limit.as_ref()?.try_as_str()?.map(str::to_owned);
    text(&bounds.min).is_some_and(|min| min.as_str() > last)
        || text(&bounds.max).is_some_and(|max| max.as_str() < first)
}

/// What the table's log says of a column of a file of `sources`.
fn bounds<'a>(file: &'a DataFile, name: &str) -> Option<&'a Bounds> {
    let place = SOURCES_COLUMNS.iter().position(|column| column.name == name)?;
    file.bounds.of(place)
}

pub(super) fn text(texts: &arrow::array::StringArray, row: usize) -> Option<&str> {
    texts.is_valid(row).then(|| texts.value(row))
}

pub(super) fn texts<'a>(
    batch: &'a RecordBatch,
    name: &str,
    file: &DataFile,
) -> Result<&'a arrow::array::StringArray> {
    let column = batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    column.ok_or_else(|| Error::data(format!("{} has no text column {name}", file.path)))
}

/// Streams some columns of a file of a table.
pub(super) async fn each_batch(
    store: &Arc<dyn ObjectStore>,
    file: &DataFile,
    columns: &[&str],
    mut each: impl FnMut(&RecordBatch) -> Result<()>,
) -> Result<()> {
    let failed = |error: ParquetError| match Error::within(&error) {
        Some(refusal) => refusal.during(&format!("cannot read {}", file.path)),
        None => Error::data(format!("cannot read {}", file.path)).caused_by(error),
    };
    #[allow(deprecated)]
    let reader = ParquetObjectReader::new(Arc::clone(store), file.path.clone()).with_file_size(file.size);
    let builder = ParquetRecordBatchStreamBuilder::new(reader).await.map_err(failed)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    let mut stream = builder.with_projection(mask).build().map_err(failed)?;
    while let Some(batch) = stream.try_next().await.map_err(failed)? {
        each(&batch)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_an_object_are_told_apart() {
        let known = Known::default();
        known.learn("s3://b/k", Some("1"), "read", None);
        known.learn("s3://b/broken", None, "failed", Some("could not be fetched"));
        known.learn("s3://b/k", Some("3"), "failed", Some("changed: differs"));
        assert!(known.contains("s3://b/k", Some("1")));
        assert!(!known.contains("s3://b/k", Some("2")));
        assert!(!known.contains("s3://b/k", None));
        assert!(known.contains_url("s3://b/k"));
        assert!(known.contains("s3://b/k", Some("3")), "that it changed is said once");
        assert!(!known.contains("s3://b/broken", None), "what failed is tried again");
        assert_eq!(known.failed(), [("s3://b/broken".into(), None)]);
        assert_eq!(known.len(), 2);
        known.learn("s3://b/broken", Some("4"), "read", None);
        assert!(known.failed().is_empty());
        assert_ne!(known.hash("ab", Some("")), known.hash("ab", None));
    }
}
