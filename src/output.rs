//! Writes the rows of a query in the format the reader asked for.
//!
//! A result is a stream until the last step: each format turns one batch at a time into bytes, so memory stays
//! bounded however many rows there are. Only the table looks at more than one batch, and it keeps no more than
//! the first and last rows.
//!
//! To add a format, write one file that ends in a [`Format`] and name it in [`FORMATS`].

mod arrow;
mod csv;
mod html;
mod json;
mod look;
mod markdown;
mod parquet;
mod shape;
mod table;
mod text;
mod types;
mod vertical;

use std::fmt;
use std::io::Write;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;

use crate::error::Error;
use crate::error::Result;
use shape::Shape;

pub use look::Advice;
pub use look::Look;
pub use table::fits;
pub use text::count;
pub use text::visible;
pub use text::visible_lines;
pub use types::type_name;

/// How many rows become text at once; it bounds the bytes that wait to be written.
const ROWS_AT_ONCE: usize = 1024;

/// Every format, in the order in which help shows them.
pub static FORMATS: &[Format] = &[
    table::TABLE,
    csv::CSV,
    csv::TSV,
    json::JSON,
    json::NDJSON,
    markdown::MARKDOWN,
    vertical::VERTICAL,
    html::HTML,
    parquet::PARQUET,
    arrow::ARROW,
];

/// One way to write a result: its name, what it is, and how to begin.
#[derive(Debug)]
pub struct Format {
    /// The word that selects it on the command line.
    pub name: &'static str,
    /// What it is, in a few words without a full stop.
    pub about: &'static str,
    binary: bool,
    /// Names the type a value is turned into before it is written, where it cannot stay as it is.
    types: fn(&DataType) -> Option<DataType>,
    begin: Begin,
}

impl Format {
    /// Finds a format by its name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// Tells whether the bytes are of no use on a terminal; callers refuse to write them to one.
    pub fn is_binary(&self) -> bool {
        self.binary
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

/// What the reader's screen can show.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// The number of columns of a terminal; `None` where there is none, and then nothing is ever shortened.
    pub width: Option<usize>,
    /// Whether escape sequences for colour are welcome.
    pub color: bool,
    /// How many rows a table shows at most: the first half and the last half of them.
    pub max_rows: usize,
}

/// Makes the encoder of one result and appends what comes before the first row.
type Begin = fn(&SchemaRef, &Look, &mut Vec<u8>) -> Result<Box<dyn Encoder>>;

/// Turns batches into bytes, for the length of one result.
trait Encoder: Send {
    /// Appends what stands for one batch.
    fn batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()>;

    /// Appends what follows the last batch; `rows` counts the whole result.
    fn finish(self: Box<Self>, rows: u64, out: &mut Vec<u8>) -> Result<()>;
}

/// Writes one result and returns how many rows it had.
///
/// Each batch is flushed as it comes, so that a reader in a pipe sees the first rows of a slow query early. The
/// columns get distinct names: of two called `n`, the second is written as `n_2`. Timestamps that have a time
/// zone are written in UTC with a `Z`, others without.
///
/// # Errors
///
/// Returns what the query failed with, or an error of [`Kind::Storage`](crate::error::Kind::Storage) over the
/// [`std::io::Error`] that `out` answered with.
pub async fn write(
    stream: SendableRecordBatchStream,
    format: &Format,
    screen: &Screen,
    out: &mut (dyn Write + Send),
) -> Result<u64> {
    write_as(stream, format, &Look::from(screen), out).await
}

/// Writes one result as [`write`] does, with all that the reader chose of its look.
///
/// # Errors
///
/// Those of [`write`].
pub async fn write_as(
    mut stream: SendableRecordBatchStream,
    format: &Format,
    look: &Look,
    out: &mut (dyn Write + Send),
) -> Result<u64> {
    let shape = Shape::new(&stream.schema(), format.types);
    let mut bytes = Vec::new();
    let mut encoder = (format.begin)(shape.schema(), look, &mut bytes)?;
    let mut rows = 0;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        let step = if format.binary { batch.num_rows().max(1) } else { ROWS_AT_ONCE };
        for start in (0..batch.num_rows()).step_by(step) {
            let part = batch.slice(start, step.min(batch.num_rows() - start));
            encoder.batch(&shape.conform(&part)?, &mut bytes)?;
            drain(&mut bytes, out)?;
        }
        rows += batch.num_rows() as u64;
        out.flush().map_err(refused)?;
    }
    encoder.finish(rows, &mut bytes)?;
    drain(&mut bytes, out)?;
    out.flush().map_err(refused)?;
    Ok(rows)
}

/// Hands the bytes over and keeps the room they took.
fn drain(bytes: &mut Vec<u8>, out: &mut (dyn Write + Send)) -> Result<()> {
    out.write_all(bytes).map_err(refused)?;
    bytes.clear();
    Ok(())
}

fn refused(error: std::io::Error) -> Error {
    Error::storage("cannot write the result").caused_by(error)
}

#[cfg(test)]
mod tests;
