//! What a log is: bytes in, record batches and rejects out. Pure: no I/O, no panics.
//!
//! Every input byte ends in a row, in a reject, or in an object that is `ignored` as a whole with its reason.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::Schema;
use arrow::datatypes::SchemaRef;
use arrow::datatypes::TimeUnit;

pub mod json;

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

    /// Its columns in order. The last is `event_date`, the UTC day of the event, which partitions the table.
    fn columns(&self) -> &'static [Column];

    /// The columns its rows are sorted by within a file.
    fn sort_columns(&self) -> &'static [&'static str];

    /// The version of its derived columns, kept in each file so that a later compaction can compute them anew.
    fn derivations_version(&self) -> u32;
}

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
