//! `parquet`: one zstd file, for the next tool.

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::IntervalUnit;
use arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::basic::ZstdLevel;
use parquet::file::properties::WriterProperties;

use super::Encoder;
use super::Format;
use super::Look;
use super::shape;
use crate::error::Result;

/// How many rows and encoded bytes a row group has at most; a row group waits in memory until it is whole.
const GROUP_ROWS: usize = 128 * 1024;
const GROUP_BYTES: usize = 64 * 1024 * 1024;

/// A Parquet file.
pub(super) const PARQUET: Format =
    Format { name: "parquet", about: "a Parquet file, zstd (binary)", binary: true, types: storable, begin };

/// Parquet has no unions and no intervals of mixed units; columns that hold them are stored as text.
fn storable(data_type: &DataType) -> Option<DataType> {
    if holds_unstorable(data_type) {
        return Some(DataType::Utf8);
    }
    if let DataType::RunEndEncoded(_, values) = data_type {
        return storable(values.data_type()).or_else(|| Some(values.data_type().clone()));
    }
    shape::without_views(data_type)
}

fn holds_unstorable(data_type: &DataType) -> bool {
    let inner = |field: &Field| holds_unstorable(field.data_type());
    match data_type {
        DataType::Union(..) | DataType::Interval(IntervalUnit::MonthDayNano) => true,
        DataType::Struct(fields) => fields.is_empty() || fields.iter().any(|field| inner(field)),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::RunEndEncoded(_, item)
        | DataType::Map(item, _) => inner(item),
        DataType::Dictionary(_, values) => holds_unstorable(values),
        _ => false,
    }
}

struct File(ArrowWriter<Vec<u8>>);

fn begin(schema: &SchemaRef, _look: &Look, _out: &mut Vec<u8>) -> Result<Box<dyn Encoder>> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_max_row_group_bytes(Some(GROUP_BYTES))
        .build();
    let writer = ArrowWriter::try_new(Vec::new(), SchemaRef::clone(schema), Some(properties));
    Ok(Box::new(File(writer.map_err(DataFusionError::from)?)))
}

impl Encoder for File {
    fn batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        self.0.write(batch).map_err(DataFusionError::from)?;
        // The writer counts what it wrote by itself, so its place is kept when the bytes are taken away.
        out.append(self.0.inner_mut());
        Ok(())
    }

    fn finish(self: Box<Self>, _rows: u64, out: &mut Vec<u8>) -> Result<()> {
        out.append(&mut self.0.into_inner().map_err(DataFusionError::from)?);
        Ok(())
    }
}
