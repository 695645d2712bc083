//! Which objects are in: the rows of `sources` and `rejects`, and the set that says what is known.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::array::Int64Array;
use arrow::array::RecordBatch;
use arrow::array::StringArray;
use arrow::array::TimestampMicrosecondArray;
use chrono::DateTime;
use chrono::Utc;

use crate::error::Error;
use crate::error::Result;
use crate::lake::layout::Shape;
use crate::logs::Reject;
use crate::logs::digest::Digest;

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

/// How the detail of a failed object begins that was fetched, but differs from what was read under its URL before.
pub const CHANGED: &str = "changed: ";

/// What earlier releases said of a digest, which they did not keep.
const PASSED_OVER: &str = "a CloudTrail digest file";

/// Tells whether an object of that status and detail need not be tried again.
///
/// Digests that an earlier release passed over are read once more.
pub(super) fn is_settled(status: &str, detail: Option<&str>) -> bool {
    if status == Status::Ignored.as_str() {
        return detail != Some(PASSED_OVER);
    }
    status != Status::Failed.as_str() || detail.is_some_and(|detail| detail.starts_with(CHANGED))
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
    /// What it says, if it is a digest.
    pub digest: Option<Box<Digest>>,
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

pub(super) fn batch(shape: &Shape, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(shape.file_schema(), columns)
        .map_err(|error| Error::internal(format!("cannot make rows of {}", shape.name)).caused_by(error))
}
