//! `arrow`: an IPC stream, for programs that read columns.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::ipc::writer::StreamWriter;
use datafusion::error::DataFusionError;

use super::Encoder;
use super::Format;
use super::Look;
use super::shape;
use crate::error::Result;

/// An IPC stream.
pub(super) const ARROW: Format = Format {
    name: "arrow",
    about: "an Arrow IPC stream (binary)",
    binary: true,
    types: shape::without_views,
    begin,
};

struct Messages(StreamWriter<Vec<u8>>);

fn begin(schema: &SchemaRef, _look: &Look, _out: &mut Vec<u8>) -> Result<Box<dyn Encoder>> {
    Ok(Box::new(Messages(StreamWriter::try_new(Vec::new(), schema).map_err(DataFusionError::from)?)))
}

impl Encoder for Messages {
    fn batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        self.0.write(batch).map_err(DataFusionError::from)?;
        out.append(self.0.get_mut());
        Ok(())
    }

    fn finish(mut self: Box<Self>, _rows: u64, out: &mut Vec<u8>) -> Result<()> {
        self.0.finish().map_err(DataFusionError::from)?;
        out.append(self.0.get_mut());
        Ok(())
    }
}
