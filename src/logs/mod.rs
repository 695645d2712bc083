//! What a log is: bytes in, record batches and rejects out. Pure: no I/O, no panics.
//!
//! Every input byte ends in a row, in a reject, or in an object that is `ignored` as a whole with its reason.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::array::RecordBatch;
use arrow::array::StringViewArray;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::Schema;
use arrow::datatypes::SchemaRef;
use arrow::datatypes::TimeUnit;
use arrow::error::ArrowError;
use sha2::Digest;

pub mod arn;
pub mod cloudtrail;
pub mod digest;
pub mod inflate;
pub mod json;
pub mod s3_access;

/// The type of a column, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Text, Utf8.
    Text,
    /// Text that is JSON as it stood in the record.
    Json,
    /// A list of texts.
    TextList,
    /// True or false.
    Boolean,
    /// A 32-bit whole number.
    Integer,
    /// A 64-bit whole number.
    Long,
    /// Microseconds since 1970, UTC.
    Timestamp,
    /// A UTC day.
    Date,
}

impl ColumnType {
    /// The Arrow type of the column on disk.
    pub fn arrow(self) -> DataType {
        match self {
            Self::Text | Self::Json => DataType::Utf8,
            Self::TextList => DataType::List(Arc::new(Field::new("element", DataType::Utf8, true))),
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int32,
            Self::Long => DataType::Int64,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Date => DataType::Date32,
        }
    }
}

/// One column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name in SQL.
    pub name: &'static str,
    /// Its type.
    pub kind: ColumnType,
    /// What it holds, shown to users.
    pub comment: &'static str,
    /// Whether people look needles up by it, so that it pays to keep a bloom filter.
    pub needle: bool,
}

/// The Arrow schema of these columns; every field is nullable and carries its comment.
pub fn schema(columns: &[Column]) -> SchemaRef {
    let field = |column: &Column| {
        let comment = HashMap::from([("comment".to_owned(), column.comment.to_owned())]);
        Field::new(column.name, column.kind.arrow(), true).with_metadata(comment)
    };
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// A kind of log.
pub trait Log: std::fmt::Debug + Send + Sync {
    /// Its name, which is the name of its table.
    fn name(&self) -> &'static str;

    /// What it is, in a line for users.
    fn about(&self) -> &'static str;

    /// Its columns in order. The last is `event_date`, the UTC day of the event, which partitions the table.
    fn columns(&self) -> &'static [Column];

    /// The columns its rows are sorted by within a file.
    fn sort_columns(&self) -> &'static [&'static str];

    /// The version of its derived columns, kept in each file so that a later compaction can compute them anew.
    fn derivations_version(&self) -> u32;

    /// The view that makes each row the record again that it was read from.
    fn original(&self) -> Option<Original> {
        None
    }

    /// Tells whether the content of an uncompressed object alone says that it is of this log.
    fn claims(&self, _bytes: &[u8]) -> bool {
        false
    }

    /// Tells whether a URL is one that AWS gives to objects of this log; it decides where content does not.
    fn names(&self, _source_file: &str) -> bool {
        false
    }

    /// Reads all records of one uncompressed object, or says why it is none of this log.
    fn read(&self, source_file: &str, bytes: &[u8]) -> Parsed;
}

/// Every log trailql reads.
pub static LOGS: &[&dyn Log] = &[&cloudtrail::CloudTrail, &s3_access::S3Access];

/// Makes the record of each of so many rows, given the columns of [`Original::inputs`].
pub type Rebuild = fn(&[ArrayRef], usize) -> Result<StringViewArray, ArrowError>;

/// The view over a log's table that gives back the records its rows were read from.
#[derive(Clone, Copy, Debug)]
pub struct Original {
    /// The view's name.
    pub view: &'static str,
    /// The columns of the table that it shows beside the record: by these a record is found.
    pub keys: &'static [&'static str],
    /// The name of the column that holds the record.
    pub column: &'static str,
    /// The columns of the table that the record is made from, in the order `rebuild` takes them.
    pub inputs: fn() -> Vec<&'static str>,
    /// Makes the records.
    pub rebuild: Rebuild,
}

/// What one object holds.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// Why it is no log; then everything else is empty.
    pub ignored: Option<String>,
    /// The rows, with the columns of the log.
    pub batches: Vec<RecordBatch>,
    /// What could not be read.
    pub rejects: Vec<Reject>,
    /// Rows and rejects together.
    pub records: u64,
    /// The earliest event, in microseconds since 1970.
    pub first_event_time: Option<i64>,
    /// The latest event, in microseconds since 1970.
    pub last_event_time: Option<i64>,
    /// What it says, if it is a digest and no log.
    pub digest: Option<Box<digest::Digest>>,
}

impl Parsed {
    /// An object that is no log, and why.
    pub fn ignored(reason: String) -> Self {
        Self { ignored: Some(reason), ..Self::default() }
    }

    /// Adds a reject that is no record of the log's own text, such as a damaged compression.
    pub fn reject(&mut self, reject: Reject) {
        self.rejects.push(reject);
        self.records += 1;
    }

    /// How many rows it has.
    pub fn rows(&self) -> u64 {
        self.batches.iter().map(|batch| batch.num_rows() as u64).sum()
    }
}

/// A reject keeps this much of the damaged stretch; the source has the rest.
const MAX_REJECT: usize = 1 << 20;

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Its byte offset in the uncompressed object.
    pub position: u64,
    /// Why it could not be read.
    pub reason: String,
    /// The text of the damaged stretch; bytes that are not UTF-8 are replaced, long ones cut with a note.
    pub content: String,
}

impl Reject {
    /// Makes a reject of the stretch that begins at an offset.
    pub fn new(position: usize, reason: String, content: &[u8]) -> Self {
        let kept = content.get(..MAX_REJECT).unwrap_or(content);
        let mut text = String::from_utf8_lossy(kept).into_owned();
        if kept.len() < content.len() {
            text.push_str(&format!("... (cut: {} bytes in all)", content.len()));
        }
        Self { position: position as u64, reason, content: text }
    }
}

/// What was read of one object as it lies in its store.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The log it belongs to; none if it was ignored.
    pub log: Option<&'static dyn Log>,
    /// Its records.
    pub parsed: Parsed,
    /// The size of the uncompressed bytes.
    pub inflated: u64,
    /// The SHA-256 of the uncompressed bytes, in hex.
    pub sha256: String,
}

/// Reads one object: uncompresses it by what its bytes are, finds the log it belongs to, reads all records.
///
/// The content decides which log that is, and its path only where the content does not: so a bucket may hold
/// several logs, under any names. `limit` caps the uncompressed size in bytes; what lies beyond is one reject.
pub fn read(source_file: &str, bytes: &[u8], limit: usize) -> Reading {
    let mut room = inflate::Room::take();
    let inflated = inflate::inflate(bytes, limit, &mut room);
    let size = inflated.bytes.len() as u64;
    let sha256 = sha256(&inflated.bytes);
    if digest::is_digest(source_file, &inflated.bytes) {
        return Reading { log: None, parsed: read_digest(inflated), inflated: size, sha256 };
    }
    let (log, mut parsed) = match find(source_file, &inflated.bytes) {
        Ok((log, parsed)) => (Some(log), parsed),
        // Nothing could be read of a damaged archive: that is no reason to pass over it.
        Err(_) if !inflated.rejects.is_empty() => (None, Parsed::default()),
        Err(reason) => (None, Parsed::ignored(reason)),
    };
    for reject in inflated.rejects {
        parsed.reject(reject);
    }
    Reading { log, parsed, inflated: size, sha256 }
}

/// Reads a digest, which has no records; what is wrong with it is a reject.
fn read_digest(inflated: inflate::Inflated<'_>) -> Parsed {
    let digest = digest::Digest::read(&inflated.bytes);
    let mut parsed = Parsed {
        first_event_time: digest.start_time(),
        last_event_time: digest.end_time(),
        ..Parsed::default()
    };
    if let Some(problem) = &digest.problem {
        parsed.reject(Reject::new(0, problem.clone(), &inflated.bytes));
    }
    for reject in inflated.rejects {
        parsed.reject(reject);
    }
    parsed.digest = Some(Box::new(digest));
    parsed
}

/// Finds the log that reads an object; else the reasons why none does.
fn find(source_file: &str, bytes: &[u8]) -> Result<(&'static dyn Log, Parsed), String> {
    let mut logs = LOGS.to_vec();
    match logs.iter().find(|log| log.claims(bytes)) {
        Some(log) => logs = vec![*log],
        None => logs.sort_by_key(|log| !log.names(source_file)),
    }
    let mut without_rows = None;
    let mut reasons: Vec<String> = Vec::new();
    for log in logs {
        let parsed = log.read(source_file, bytes);
        match parsed.ignored {
            None if parsed.rows() > 0 => return Ok((log, parsed)),
            // Another log may still find records in it, and that says more than a path.
            None => without_rows = without_rows.or(Some((log, parsed))),
            Some(reason) if reasons.contains(&reason) => {}
            Some(reason) => reasons.push(reason),
        }
    }
    without_rows.ok_or_else(|| reasons.join("; "))
}

/// Tells what an object is that cannot be of any log.
fn other_than_log(bytes: &[u8]) -> Option<String> {
    if bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii().is_empty() {
        return Some("empty".to_owned());
    }
    bytes.starts_with(b"PK\x03\x04").then(|| "a zip archive; unpack it first".to_owned())
}

/// The SHA-256 of bytes, as lower-case hex digits.
pub fn sha256(bytes: &[u8]) -> String {
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
