//! Rows -> one Parquet file in the store, encoded on a thread of its own and sent while it grows.

use std::collections::HashSet;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use arrow::array::Array;
use arrow::array::AsArray;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use object_store::ObjectStore;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::basic::Encoding;
use parquet::basic::ZstdLevel;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::EnabledStatistics;
use parquet::file::properties::WriterProperties;
use parquet::file::properties::WriterPropertiesBuilder;
use parquet::schema::types::ColumnPath;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::sync::mpsc::Receiver;
use tokio::sync::mpsc::Sender;

use crate::error::Error;
use crate::error::Result;
use crate::lake::gather::Chunks;
use crate::lake::gather::RowAt;
use crate::lake::layout::Shape;
use crate::lake::parts::PART_BYTES;
use crate::lake::parts::Parts;
use crate::logs::Column;
use crate::logs::ColumnType;
use crate::storage;

/// Level 1 costs half the time of level 3 and a few hundredths more room.
const ZSTD_LEVEL: i32 = 1;
/// Rows in a row group: the unit of bloom filters, and of work when a large file is read.
const ROW_GROUP_ROWS: usize = 128 << 10;
/// Rows in a page at most: the unit that late materialisation skips.
const PAGE_ROWS: usize = 20_000;
/// How often a bloom filter may be wrong.
const BLOOM_FALSE: f64 = 0.01;
/// How many values of a column tell whether nearly all are distinct.
const SAMPLE_ROWS: usize = 4 << 10;
/// Values of so many bytes are enough to tell, too.
const SAMPLE_BYTES: usize = 32 << 20;
/// The largest dictionary of a column of JSON or of lists: of a request as many others may be the same, and while
/// they fit into it each is stored, and compressed, once. It lies in memory until its row group is whole.
const JSON_DICTIONARY: usize = 6 << 20;
/// The note in a file that names the version of its derived columns.
pub(super) const DERIVATIONS: &str = "trailql.derivations";

/// Rows for one file. Cheap to clone: the batches are shared.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// The batches that hold them.
    pub(super) batches: Arc<Vec<RecordBatch>>,
    /// The rows, in the order of the file.
    pub(super) order: Arc<Vec<RowAt>>,
}

impl Rows {
    /// All rows of one batch as they are.
    pub(super) fn all(batch: RecordBatch) -> Self {
        let order = (0_u32..).take(batch.num_rows()).map(|row| (0, row)).collect();
        Self { batches: Arc::new(vec![batch]), order: Arc::new(order) }
    }

    /// All rows of some batches as they are.
    fn each(batches: Vec<RecordBatch>) -> Self {
        let places = (0_u32..).zip(&batches);
        let order = places.flat_map(|(at, batch)| (0_u32..).take(batch.num_rows()).map(move |row| (at, row)));
        Self { order: Arc::new(order.collect()), batches: Arc::new(batches) }
    }
}

/// A file as it was written.
#[derive(Debug)]
pub(super) struct Written {
    /// Its size in bytes.
    pub(super) size: u64,
    /// Its footer.
    pub(super) metadata: ParquetMetaData,
}

/// Writes one file. Nothing is visible under the path before all of it is.
pub(super) async fn write_file(
    store: &Arc<dyn ObjectStore>,
    path: &Path,
    shape: Shape,
    rows: Rows,
) -> Result<Written> {
    let (size, metadata) = send_file(store, path, move |sender| encode(shape, &rows, sender)).await?;
    Ok(Written { size, metadata })
}

/// Writes rows that come in the order of the file, until there are no more or the file has about `target` bytes.
pub(super) async fn write_stream(
    store: &Arc<dyn ObjectStore>,
    path: &Path,
    shape: Shape,
    rows: Incoming,
    target: usize,
) -> Result<(Written, Incoming)> {
    let (size, (metadata, rows)) =
        send_file(store, path, move |sender| encode_some(shape, rows, target, sender)).await?;
    Ok((Written { size, metadata }, rows))
}

/// Sends what an encoder makes; tells how many bytes that were, and what the encoder gave back.
async fn send_file<T: Send + 'static>(
    store: &Arc<dyn ObjectStore>,
    path: &Path,
    encoder: impl FnOnce(Sender<Vec<u8>>) -> Result<T, ParquetError> + Send + 'static,
) -> Result<(u64, T)> {
    let (sender, mut receiver) = mpsc::channel(2);
    let encoder = tokio::task::spawn_blocking(move || encoder(sender));
    let mut upload = BufWriter::with_capacity(Arc::clone(store), path.clone(), PART_BYTES);
    let mut size = 0;
    let mut sent: Result<(), io::Error> = Ok(());
    while let Some(part) = receiver.recv().await {
        let part: Vec<u8> = part;
        size += part.len() as u64;
        if let Err(error) = upload.put(part.into()).await {
            sent = Err(error.into());
            break;
        }
    }
    // The encoder sees a closed channel and ends, if the store refused.
    drop(receiver);
    let encoded = encoder.await;
    if sent.is_ok() && matches!(encoded, Ok(Ok(_))) {
        sent = upload.shutdown().await;
    } else {
        // Best effort: what stays behind is invisible.
        let _ = upload.abort().await;
    }
    sent.map_err(|error| storage::failed(format!("cannot write {path}"), error))?;
    let encoded = encoded
        .map_err(|error| Error::internal(format!("encoding {path} broke off")).caused_by(error))?
        .map_err(|error| unencodable(path, error))?;
    Ok((size, encoded))
}

/// What failed may be the reading of rows that are only passed on; then that is what is said.
fn unencodable(path: &Path, error: ParquetError) -> Error {
    match error {
        ParquetError::External(cause) => match cause.downcast::<Error>() {
            Ok(error) => *error,
            Err(cause) => Error::internal(format!("cannot encode {path}")).caused_by(cause),
        },
        error => Error::internal(format!("cannot encode {path}")).caused_by(error),
    }
}

fn encode(shape: Shape, rows: &Rows, sender: Sender<Vec<u8>>) -> Result<ParquetMetaData, ParquetError> {
    let schema = plain(&shape.file_schema());
    let options = ArrowWriterOptions::new()
        .with_properties(properties(
            &shape,
            rows,
            rows.order.len(),
            shape.log.map(|log| log.derivations_version()),
        ))
        // Readers bring the schema of the table, so a copy in each footer would only be read in vain.
        .with_skip_arrow_metadata(true);
    let sink = Parts::new(sender);
    let mut writer = ArrowWriter::try_new_with_options(sink, Arc::clone(&schema), options)?;
    for chunk in Chunks::new(&rows.batches, &rows.order, schema) {
        writer.write(&chunk.map_err(ParquetError::from)?)?;
    }
    let metadata = writer.finish()?;
    writer.inner_mut().send()?;
    Ok(metadata)
}

/// Rows in the order of a file, as they come from whoever sorts them.
#[derive(Debug)]
pub(super) struct Incoming {
    receiver: Receiver<Result<RecordBatch>>,
    ahead: VecDeque<RecordBatch>,
    /// The oldest version of derived columns among them, known once the first row has come.
    derivations: Arc<AtomicU32>,
}

impl Incoming {
    pub(super) fn new(receiver: Receiver<Result<RecordBatch>>, derivations: Arc<AtomicU32>) -> Self {
        Self { receiver, ahead: VecDeque::new(), derivations }
    }

    /// Tells whether there are more rows.
    pub(super) async fn has_more(&mut self) -> Result<bool> {
        while self.ahead.is_empty() {
            match self.receiver.recv().await {
                None => return Ok(false),
                Some(batch) => self.keep(batch?),
            }
        }
        Ok(true)
    }

    fn keep(&mut self, batch: RecordBatch) {
        if batch.num_rows() > 0 {
            self.ahead.push_back(batch);
        }
    }

    fn next(&mut self) -> Result<Option<RecordBatch>, ParquetError> {
        if let Some(batch) = self.ahead.pop_front() {
            return Ok(Some(batch));
        }
        let next = self.receiver.blocking_recv().transpose();
        next.map_err(|error| ParquetError::External(Box::new(error)))
    }

    /// Waits for so many rows that they tell what the columns are like; tells whether there may be more.
    fn look_ahead(&mut self) -> Result<bool, ParquetError> {
        let (mut rows, mut bytes) = (0, 0);
        for batch in &self.ahead {
            (rows, bytes) = (rows + batch.num_rows(), bytes + batch.get_array_memory_size());
        }
        while rows < SAMPLE_ROWS && bytes < SAMPLE_BYTES {
            let next = self.receiver.blocking_recv().transpose();
            let Some(batch) = next.map_err(|error| ParquetError::External(Box::new(error)))? else {
                return Ok(false);
            };
            (rows, bytes) = (rows + batch.num_rows(), bytes + batch.get_array_memory_size());
            self.keep(batch);
        }
        Ok(true)
    }
}

fn encode_some(
    shape: Shape,
    mut rows: Incoming,
    target: usize,
    sender: Sender<Vec<u8>>,
) -> Result<(ParquetMetaData, Incoming), ParquetError> {
    let more = rows.look_ahead()?;
    let sample = Rows::each(rows.ahead.iter().cloned().collect());
    let most = if more { ROW_GROUP_ROWS } else { sample.order.len() };
    let derivations = shape.log.map(|_| rows.derivations.load(Ordering::Relaxed));
    let options = ArrowWriterOptions::new()
        .with_properties(properties(&shape, &sample, most, derivations))
        .with_skip_arrow_metadata(true);
    drop(sample);
    let sink = Parts::new(sender);
    let mut writer = ArrowWriter::try_new_with_options(sink, plain(&shape.file_schema()), options)?;
    while let Some(batch) = rows.next()? {
        writer.write(&batch)?;
        if writer.bytes_written() + writer.in_progress_size() >= target {
            break;
        }
    }
    let metadata = writer.finish()?;
    writer.inner_mut().send()?;
    Ok((metadata, rows))
}

/// The schema without the comments, which belong to the table and not into every file.
pub(super) fn plain(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| field.as_ref().clone().with_metadata(Default::default()));
    Arc::new(arrow::datatypes::Schema::new(fields.collect::<Vec<_>>()))
}

/// How a file is written: `rows` tell what its columns are like, `most` is the most rows a row group can have.
fn properties(shape: &Shape, rows: &Rows, most: usize, derivations: Option<u32>) -> WriterProperties {
    let release = env!("CARGO_PKG_VERSION");
    let mut notes = vec![KeyValue::new("trailql.version".to_owned(), release.to_owned())];
    if let Some(derivations) = derivations {
        notes.push(KeyValue::new(DERIVATIONS.to_owned(), derivations.to_string()));
    }
    let mut builder = WriterProperties::builder()
        .set_created_by(format!("trailql version {release}"))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL).unwrap_or_default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_sorting_columns(sorting(shape))
        .set_key_value_metadata(Some(notes));
    for (index, column) in shape.file_columns().iter().enumerate() {
        builder = column_properties(builder, index, column, rows, most);
    }
    builder.build()
}

fn column_properties(
    builder: WriterPropertiesBuilder,
    index: usize,
    column: &Column,
    rows: &Rows,
    most: usize,
) -> WriterPropertiesBuilder {
    let leaf = match column.kind {
        ColumnType::TextList => vec![column.name, "list", "element"],
        _ => vec![column.name],
    };
    let path = ColumnPath::new(leaf.into_iter().map(str::to_owned).collect());
    // Lengths apart from texts compress better than each length before its text. It is what a column falls back on
    // whose dictionary grows too large, too.
    let builder = match column.kind {
        ColumnType::Text | ColumnType::Json | ColumnType::TextList => {
            builder.set_column_encoding(path.clone(), Encoding::DELTA_LENGTH_BYTE_ARRAY)
        }
        _ => builder,
    };
    let builder = match column.kind {
        // The order of JSON texts prunes nothing, and finding it costs time for every value.
        ColumnType::Json => builder
            .set_column_statistics_enabled(path.clone(), EnabledStatistics::None)
            .set_column_dictionary_page_size_limit(path.clone(), JSON_DICTIONARY),
        ColumnType::TextList => builder.set_column_dictionary_page_size_limit(path.clone(), JSON_DICTIONARY),
        // Times and counts are close to their neighbours, which a dictionary cannot use.
        ColumnType::Timestamp | ColumnType::Integer | ColumnType::Long => builder
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED),
        _ => builder,
    };
    // A long text pays for a dictionary that finds but few others like it, an identifier does not.
    let percent = if column.kind == ColumnType::Json { 90 } else { 70 };
    let sampled = column.needle || column.kind == ColumnType::Json;
    let builder = match sampled && mostly_distinct(rows, index, percent) {
        true => builder.set_column_dictionary_enabled(path.clone(), false),
        false => builder,
    };
    if !column.needle {
        return builder;
    }
    // The filter starts with room for as many values as a row group can have, and shrinks to those it has.
    builder
        .set_column_bloom_filter_enabled(path.clone(), true)
        .set_column_bloom_filter_fpp(path.clone(), BLOOM_FALSE)
        .set_column_bloom_filter_max_ndv(path, most.clamp(1, ROW_GROUP_ROWS) as u64)
}

fn sorting(shape: &Shape) -> Option<Vec<SortingColumn>> {
    let log = shape.log?;
    // A list is one leaf too, so the place of a column is the place of its leaf.
    let places = log.sort_columns().iter().take(2).map(|name| {
        let place = shape.file_columns().iter().position(|column| column.name == *name)?;
        let column_idx = i32::try_from(place).ok()?;
        Some(SortingColumn { column_idx, descending: false, nulls_first: true })
    });
    places.collect()
}

/// Tells whether more than so many percent of the column's values differ, so that a dictionary would be about as
/// large as the column.
fn mostly_distinct(rows: &Rows, column: usize, percent: usize) -> bool {
    let step = rows.order.len().div_ceil(SAMPLE_ROWS).max(1);
    let mut distinct = HashSet::new();
    let mut values = 0;
    for (batch, row) in rows.order.iter().step_by(step) {
        let batch = rows.batches.get(*batch as usize);
        let texts = batch.and_then(|batch| batch.columns().get(column)?.as_string_opt::<i32>());
        let Some(texts) = texts else { return false };
        if texts.is_valid(*row as usize) {
            values += 1;
            distinct.insert(texts.value(*row as usize));
        }
    }
    values > 0 && distinct.len() * 100 > values * percent
}
