//! Runs a query and sends its rows: the work on a task of its own, the watch over it where the rows leave.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow_flight::FlightData;
use arrow_flight::encode::FlightDataEncoder;
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::error::FlightError;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::execute_stream;
use futures::Stream;
use futures::StreamExt;
use futures::stream;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tonic::Status;

use crate::flight::running::Place;
use crate::flight::service::Answers;
use crate::flight::status;
use crate::flight::watch::Permit;
use crate::flight::wire;

/// How long a stream may be silent before an empty batch is sent, so that nothing on the way takes it for dead.
const SILENCE: Duration = Duration::from_secs(10);

/// How many batches wait between the query and the connection.
const WAITING: usize = 2;

/// A query that is ready to run.
pub(super) struct Query {
    pub(super) plan: Arc<dyn ExecutionPlan>,
    pub(super) task: Arc<TaskContext>,
    /// The schema in which its rows are sent.
    pub(super) wire: SchemaRef,
    pub(super) place: Place,
    pub(super) permit: Box<dyn Permit>,
}

/// Starts a query; dropping the stream stops it.
pub(super) fn start(query: Query) -> Answers<FlightData> {
    let Query { plan, task, wire, place, permit } = query;
    let (sender, rows) = mpsc::channel(WAITING);
    let schema = Arc::clone(&wire);
    let work = tokio::spawn(async move {
        let failed = match work(plan, task, &schema, &sender).await {
            Ok(()) => return,
            Err(failed) => failed,
        };
        // Nobody is there to be told when the stream was dropped.
        let _ = sender.send(Err(failed)).await;
    });
    let sent = Arc::new(AtomicU64::new(0));
    let sending = Sending {
        rows,
        _work: AbortOnDrop(work.abort_handle()),
        place,
        wire: Arc::clone(&wire),
        deadline: permit.deadline(),
        left: permit.most_rows(),
        most: permit.most_rows(),
        sent: Arc::clone(&sent),
    };
    let rows = stream::unfold(Some(sending), |sending| async move {
        let mut sending = sending?;
        let next = sending.next().await?;
        let more = next.is_ok().then_some(sending);
        Some((next.map_err(|status| FlightError::Tonic(Box::new(status))), more))
    });
    Box::pin(Watched { encoder: encoder(wire).build(rows), sent, permit: Some(permit) })
}

/// Sends rows that are there already.
pub(super) fn send(batch: RecordBatch, permit: Box<dyn Permit>) -> Answers<FlightData> {
    let rows = u64::try_from(batch.num_rows()).unwrap_or(u64::MAX);
    let encoder = encoder(batch.schema()).build(stream::iter([Ok(batch)]));
    Box::pin(Watched { encoder, sent: Arc::new(AtomicU64::new(rows)), permit: Some(permit) })
}

fn encoder(schema: SchemaRef) -> FlightDataEncoderBuilder {
    // The default size of a message is that for which the encoder is made: 2 MiB.
    FlightDataEncoderBuilder::new().with_schema(schema)
}

/// Runs the plan and hands on its rows as they are sent.
async fn work(
    plan: Arc<dyn ExecutionPlan>,
    task: Arc<TaskContext>,
    wire: &SchemaRef,
    sender: &mpsc::Sender<Result<RecordBatch, Status>>,
) -> Result<(), Status> {
    let mut rows = execute_stream(plan, task).map_err(status::of_engine)?;
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(status::of_engine)?;
        let batch = wire::batch(&batch, wire).map_err(|error| status::of_engine(error.into()))?;
        if batch.num_rows() > 0 && sender.send(Ok(batch)).await.is_err() {
            break;
        }
    }
    Ok(())
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The rows of a query on their way to the connection.
struct Sending {
    rows: mpsc::Receiver<Result<RecordBatch, Status>>,
    _work: AbortOnDrop,
    place: Place,
    wire: SchemaRef,
    deadline: Option<Instant>,
    /// How many rows may still be sent, and how many might at first.
    left: Option<u64>,
    most: Option<u64>,
    /// Rows that were handed on and not counted yet.
    sent: Arc<AtomicU64>,
}

impl Sending {
    async fn next(&mut self) -> Option<Result<RecordBatch, Status>> {
        let deadline = self.deadline;
        let late = async move {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => pending().await,
            }
        };
        let next = tokio::select! {
            biased;
            () = self.place.cancelled() => return Some(Err(Status::cancelled("the query was cancelled"))),
            () = late => {
                let text = "the query took longer than it may; ask for a shorter time or fewer rows";
                return Some(Err(Status::deadline_exceeded(text)));
            }
            next = tokio::time::timeout(SILENCE, self.rows.recv()) => next,
        };
        match next {
            Err(_) => Some(Ok(RecordBatch::new_empty(Arc::clone(&self.wire)))),
            Ok(Some(Ok(batch))) => Some(self.counted(batch)),
            Ok(other) => other,
        }
    }

    fn counted(&mut self, batch: RecordBatch) -> Result<RecordBatch, Status> {
        let rows = u64::try_from(batch.num_rows()).unwrap_or(u64::MAX);
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(rows).ok_or_else(|| {
                let most = self.most.unwrap_or_default();
                Status::resource_exhausted(format!(
                    "the query gives more than {most} rows, which is the most; add a LIMIT"
                ))
            })?;
        }
        self.sent.fetch_add(rows, Ordering::Relaxed);
        Ok(batch)
    }
}

/// A stream whose permit is told what leaves and how it ends.
struct Watched {
    encoder: FlightDataEncoder,
    sent: Arc<AtomicU64>,
    permit: Option<Box<dyn Permit>>,
}

impl Watched {
    fn ended(&mut self, outcome: &str) {
        if let Some(permit) = self.permit.take() {
            permit.ended(outcome);
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.ended("dropped");
    }
}

impl Stream for Watched {
    type Item = Result<FlightData, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = match self.encoder.poll_next_unpin(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(next) => next,
        };
        Poll::Ready(match next {
            Some(Ok(data)) => {
                let bytes = data.data_header.len() + data.data_body.len();
                let rows = self.sent.swap(0, Ordering::Relaxed);
                if let Some(permit) = &self.permit {
                    permit.sent(rows, u64::try_from(bytes).unwrap_or(u64::MAX));
                }
                Some(Ok(data))
            }
            Some(Err(error)) => {
                let status = match error {
                    FlightError::Tonic(status) => *status,
                    other => Status::internal(other.to_string()),
                };
                let cancelled = status.code() == tonic::Code::Cancelled;
                self.ended(if cancelled { "cancelled" } else { status.message() });
                Some(Err(status))
            }
            None => {
                self.ended("done");
                None
            }
        })
    }
}
