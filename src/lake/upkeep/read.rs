//! Rows of data files as they are stored: read file by file, in the columns that this release writes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use arrow::array::Array;
use arrow::array::ArrayRef;
use arrow::array::AsArray;
use arrow::array::BooleanArray;
use arrow::array::RecordBatch;
use arrow::array::new_null_array;
use arrow::compute::cast;
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use arrow::datatypes::TimestampMicrosecondType;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::Stream;
use futures::StreamExt;
use futures::TryStreamExt;
use object_store::ObjectStore;
use parquet::arrow::ParquetRecordBatchStreamBuilder;
// Deprecated in favour of a reader of one's own, for those who need more than it does.
#[allow(deprecated)]
use parquet::arrow::async_reader::ParquetObjectReader;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;

use crate::error::Error;
use crate::error::Result;
use crate::lake::delta::DataFile;
use crate::lake::encode::DERIVATIONS;
use crate::lake::encode::plain;
use crate::lake::layout::Shape;

/// Rows at a time: so few that a thousand of the largest events there are fit into the offsets of a text column.
pub(super) const BATCH_ROWS: usize = 1024;
/// Bytes of the end of a file that are fetched first: they hold the footer of most files.
const FOOTER_BYTES: usize = 64 << 10;

/// The column of the account an event belongs to, in the logs that have one.
pub(super) const ACCOUNT: &str = "account_id";

/// Which rows are passed on.
#[derive(Clone, Debug, Default)]
pub(super) enum Keep {
    /// All.
    #[default]
    All,
    /// Those of other accounts, and of none.
    Without(BTreeSet<String>),
    /// Those of these accounts, and those that name none.
    OnlyOrUnknown(BTreeSet<String>),
    /// Those of these accounts.
    Only(BTreeSet<String>),
    /// Those whose text in a column mentions another text, if one is given, and whose times overlap a range.
    Ledger {
        /// The column of the object's URL.
        url: &'static str,
        /// What it must mention.
        mentions: Option<String>,
        /// The columns of the first and last time, if the range counts.
        times: Option<[&'static str; 2]>,
        /// The range, in microseconds since 1970.
        range: [Option<i64>; 2],
    },
}

impl Keep {
    fn apply(&self, batch: RecordBatch) -> Result<RecordBatch> {
        let mask = match self {
            Self::All => return Ok(batch),
            Self::Without(accounts) => {
                of_account(&batch, |account| !account.is_some_and(|a| accounts.contains(a)))?
            }
            Self::OnlyOrUnknown(accounts) => {
                of_account(&batch, |account| account.is_none_or(|a| accounts.contains(a)))?
            }
            Self::Only(accounts) => {
                of_account(&batch, |account| account.is_some_and(|a| accounts.contains(a)))?
            }
            Self::Ledger { url, mentions, times, range } => {
                ledger_mask(&batch, url, mentions.as_deref(), *times, *range)?
            }
        };
        filter_record_batch(&batch, &mask)
            .map_err(|error| Error::internal("cannot filter rows").caused_by(error))
    }
}

fn of_account(batch: &RecordBatch, keep: impl Fn(Option<&str>) -> bool) -> Result<BooleanArray> {
    let accounts = batch.column_by_name(ACCOUNT).and_then(|column| column.as_string_opt::<i32>());
    let accounts =
        accounts.ok_or_else(|| Error::internal(format!("there is no column {ACCOUNT} to filter by")))?;
    Ok(accounts.iter().map(|account| Some(keep(account))).collect())
}

fn ledger_mask(
    batch: &RecordBatch,
    url: &str,
    mentions: Option<&str>,
    times: Option<[&'static str; 2]>,
    [since, until]: [Option<i64>; 2],
) -> Result<BooleanArray> {
    let missing = || Error::internal("the ledger has other columns");
    let urls =
        batch.column_by_name(url).and_then(|column| column.as_string_opt::<i32>()).ok_or_else(missing)?;
    let mut limits = Vec::new();
    for name in times.iter().flatten() {
        let column = batch.column_by_name(name);
        let column = column.and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
        limits.push(column.ok_or_else(missing)?);
    }
    let at = |place: usize, row: usize| {
        limits.get(place).filter(|times| times.is_valid(row)).map(|times| times.value(row))
    };
    let keeps = (0..batch.num_rows()).map(|row| {
        let named = mentions.is_none_or(|text| urls.is_valid(row) && urls.value(row).contains(text));
        // What has no times may belong anywhere, and then it stays.
        let early = until.zip(at(0, row)).is_some_and(|(until, first)| first >= until);
        let late = since.zip(at(1, row)).is_some_and(|(since, last)| last < since);
        Some(named && !early && !late)
    });
    Ok(keeps.collect())
}

/// What is met while files are read.
#[derive(Debug)]
pub(super) struct Met {
    /// The oldest version of derived columns.
    pub(super) derivations: Arc<AtomicU32>,
    /// Rows, before any are left out.
    pub(super) rows: Arc<AtomicU64>,
}

impl Met {
    pub(super) fn nothing() -> Self {
        Self { derivations: Arc::new(AtomicU32::new(u32::MAX)), rows: Arc::default() }
    }
}

/// Some files of a table, one after the other.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) schema: SchemaRef,
    pub(super) files: Vec<Arc<DataFile>>,
    pub(super) keep: Keep,
    pub(super) met: Arc<Met>,
}

impl Files {
    pub(super) fn schema_of(shape: &Shape) -> SchemaRef {
        plain(&shape.file_schema())
    }

    /// The rows.
    pub(super) fn stream(&self) -> impl Stream<Item = Result<RecordBatch>> + Send + use<> {
        let (store, schema) = (Arc::clone(&self.store), Arc::clone(&self.schema));
        let (keep, met) = (self.keep.clone(), Arc::clone(&self.met));
        futures::stream::iter(self.files.clone())
            .then(move |file| open(Arc::clone(&store), file, Arc::clone(&schema), Arc::clone(&met)))
            .try_flatten()
            .map(move |batch| keep.apply(batch?))
    }
}

impl PartitionStream for Files {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let stream = self.stream().map_err(|error| DataFusionError::External(Box::new(error)));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream))
    }
}

async fn open(
    store: Arc<dyn ObjectStore>,
    file: Arc<DataFile>,
    schema: SchemaRef,
    met: Arc<Met>,
) -> Result<impl Stream<Item = Result<RecordBatch>> + Send> {
    let failed = failing(&file);
    let builder = reader(store, &file).await?;
    let notes = builder.metadata().file_metadata().key_value_metadata();
    let note = notes.into_iter().flatten().find(|note| note.key == DERIVATIONS);
    let version = note.and_then(|note| note.value.as_deref()?.parse().ok()).unwrap_or(0);
    met.derivations.fetch_min(version, Ordering::Relaxed);
    let stream = builder.with_batch_size(BATCH_ROWS).build().map_err(&failed)?;
    Ok(stream.map(move |batch| {
        let batch = as_written(batch.map_err(&failed)?, &schema)?;
        met.rows.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
        Ok(batch)
    }))
}

/// The footer of a file.
pub(super) async fn footer(store: &Arc<dyn ObjectStore>, file: &DataFile) -> Result<Arc<ParquetMetaData>> {
    Ok(Arc::clone(reader(Arc::clone(store), file).await?.metadata()))
}

fn failing(file: &DataFile) -> impl Fn(ParquetError) -> Error + Clone + use<> {
    let path = file.path.clone();
    move |error: ParquetError| match Error::within(&error) {
        Some(refusal) => refusal.during(&format!("cannot read {path}")),
        None => Error::data(format!("cannot read {path}")).caused_by(error),
    }
}

#[allow(deprecated)]
async fn reader(
    store: Arc<dyn ObjectStore>,
    file: &DataFile,
) -> Result<ParquetRecordBatchStreamBuilder<ParquetObjectReader>> {
    let reader = ParquetObjectReader::new(store, file.path.clone())
        .with_file_size(file.size)
        .with_footer_size_hint(FOOTER_BYTES);
    ParquetRecordBatchStreamBuilder::new(reader).await.map_err(failing(file))
}

/// The columns in the order and types of this release; those that an older file lacks hold nothing.
fn as_written(batch: RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = schema.fields().iter().map(|field| -> Result<ArrayRef> {
        match batch.column_by_name(field.name()) {
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
            Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
            Some(column) => cast(column, field.data_type()).map_err(|error| {
                Error::data(format!("the column {} holds {}", field.name(), column.data_type()))
                    .caused_by(error)
            }),
        }
    });
    RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<_>>()?)
        .map_err(|error| Error::internal("cannot arrange columns").caused_by(error))
}
