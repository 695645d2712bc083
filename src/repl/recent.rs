//! The last result: the first of its rows, for charts, and what it was asked with, to ask it again.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::execution::RecordBatchStream;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::ExecutionPlan;
use futures::Stream;
use futures::StreamExt;

use crate::lake::Snapshot;

/// So many rows and bytes of a result are kept.
const ROWS: usize = 20_000;
const BYTES: usize = 32 << 20;

/// What was asked.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// One statement of SQL.
    Sql(String),
    /// A report with its values.
    Report(String, Vec<(String, String)>),
}

/// The last result.
pub(super) struct Recent {
    pub(super) asked: Asked,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) kept: Arc<Kept>,
    pub(super) rows: u64,
    pub(super) elapsed: Duration,
    pub(super) plan: Arc<dyn ExecutionPlan>,
    /// The files of all tables that were named.
    pub(super) files: Option<u64>,
}

/// The first rows of a result.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Vec<RecordBatch>>);

impl Kept {
    /// The rows so far.
    pub(super) fn batches(&self) -> Vec<RecordBatch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same stream, whose first rows are kept as they pass.
    pub(super) fn listen(self: &Arc<Self>, inner: SendableRecordBatchStream) -> SendableRecordBatchStream {
        Box::pin(Listening { inner, kept: Some(Arc::clone(self)), rows: 0, bytes: 0 })
    }
}

struct Listening {
    inner: SendableRecordBatchStream,
    /// Where rows are kept; `None` once there are enough.
    kept: Option<Arc<Kept>>,
    rows: usize,
    bytes: usize,
}

impl Stream for Listening {
    type Item = Result<RecordBatch, DataFusionError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.inner.poll_next_unpin(context));
        if let (Some(kept), Some(Ok(batch))) = (&self.kept, &next) {
            let part = batch.slice(0, batch.num_rows().min(ROWS - self.rows));
            let (rows, bytes) = (self.rows + part.num_rows(), self.bytes + batch.get_array_memory_size());
            let enough = rows >= ROWS || bytes > BYTES;
            // One batch is always kept, so that there is something to draw.
            if bytes <= BYTES || self.rows == 0 {
                kept.0.lock().unwrap_or_else(PoisonError::into_inner).push(part);
            }
            (self.rows, self.bytes) = (rows, bytes);
            if enough {
                self.kept = None;
            }
        }
        Poll::Ready(next)
    }
}

impl RecordBatchStream for Listening {
    fn schema(&self) -> SchemaRef {
        self.inner.schema()
    }
}
