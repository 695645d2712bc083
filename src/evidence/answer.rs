//! An answer as it streams by into the archive: what it names as its origin, its times, and its first rows.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::io::Seek;
use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use arrow::array::Array;
use arrow::array::AsArray;
use arrow::array::BooleanArray;
use arrow::array::RecordBatch;
use arrow::array::StringArray;
use arrow::compute::cast;
use arrow::compute::filter_record_batch;
use arrow::datatypes::DataType;
use arrow::datatypes::TimeUnit;
use arrow::datatypes::TimestampMicrosecondType;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt;
use futures::TryStreamExt;

use crate::error::Error;
use crate::error::Result;
use crate::evidence::archive::Archive;
use crate::output::Format;
use crate::session::Planned;
use crate::session::Session;

/// So many rows are shown on the page; the files have all.
pub(super) const SHOWN: usize = 200;
/// So many times go into a timeline.
const MOST_TIMES: usize = 1 << 20;

/// How the rows of an answer tell where they came from.
#[derive(Debug)]
pub(super) enum Origin {
    Files(HashSet<String>),
    Events(HashSet<String>),
    Unknown,
}

/// What is kept of an answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) rows: u64,
    pub(super) origin: Origin,
    /// The times of its events, in microseconds since 1970.
    pub(super) times: Vec<i64>,
    pub(super) first: Vec<RecordBatch>,
    shown: usize,
}

impl Answer {
    /// Runs a question into a part of the archive.
    pub(super) async fn take<W: Write + Seek + Send>(
        planned: Planned,
        csv: &'static Format,
        part: &str,
        archive: &mut Archive<W>,
    ) -> Result<Self> {
        let schema = planned.schema();
        let has = |name: &str| schema.fields().iter().filter(|field| field.name() == name).count() == 1;
        let origin = match (has("source_file"), has("event_id")) {
            (true, _) => Origin::Files(HashSet::new()),
            (false, true) => Origin::Events(HashSet::new()),
            _ => Origin::Unknown,
        };
        let answer = Self { rows: 0, origin, times: Vec::new(), first: Vec::new(), shown: 0 };
        let kept = Arc::new(Mutex::new(answer));
        let stream = planned.run().await?;
        let schema = stream.schema();
        let watched = stream.map({
            let kept = Arc::clone(&kept);
            move |batch| {
                let batch = batch?;
                kept.lock().unwrap_or_else(PoisonError::into_inner).note(&batch)?;
                Ok(batch)
            }
        });
        let rows =
            archive.result(part, Box::pin(RecordBatchStreamAdapter::new(schema, watched)), csv).await?;
        let kept = Arc::try_unwrap(kept).map_err(|_| Error::internal("an answer is still being read"))?;
        let mut answer = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        answer.rows = rows;
        Ok(answer)
    }

    fn note(&mut self, batch: &RecordBatch) -> Result<(), DataFusionError> {
        match &mut self.origin {
            Origin::Files(found) => {
                found.extend(texts(batch, "source_file")?.iter().flatten().map(str::to_owned))
            }
            Origin::Events(found) => {
                found.extend(texts(batch, "event_id")?.iter().flatten().map(str::to_owned))
            }
            Origin::Unknown => {}
        }
        let named = ["event_time", "request_time"].into_iter().find_map(|name| batch.column_by_name(name));
        if let Some(column) = named.filter(|column| matches!(column.data_type(), DataType::Timestamp(..))) {
            let micros = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))?;
            let times = micros.as_primitive::<TimestampMicrosecondType>();
            let room = MOST_TIMES.saturating_sub(self.times.len());
            self.times.extend(times.iter().flatten().take(room));
        }
        let room = SHOWN.saturating_sub(self.shown).min(batch.num_rows());
        if room > 0 {
            self.first.push(batch.slice(0, room));
            self.shown += room;
        }
        Ok(())
    }
}

fn texts(batch: &RecordBatch, name: &str) -> Result<StringArray, DataFusionError> {
    let column = batch.column_by_name(name);
    let column = column.ok_or_else(|| DataFusionError::Internal(format!("there is no column {name}")))?;
    Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone())
}

/// Runs a query of our own.
pub(super) async fn ask(session: &Session, query: &str) -> Result<SendableRecordBatchStream> {
    let statement = Session::parse(query)?.pop();
    session.run(statement.ok_or_else(|| Error::internal("nothing is asked"))?).await
}

/// The one time that a query answers with.
pub(super) async fn newest(session: &Session, query: &str) -> Result<Option<i64>> {
    let rows: Vec<RecordBatch> = ask(session, query).await?.try_collect().await?;
    let column = rows.first().and_then(|batch| batch.columns().first());
    let times = column.and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
    Ok(times.filter(|times| !times.is_empty() && times.is_valid(0)).map(|times| times.value(0)))
}

/// The files in which some events lie.
pub(super) async fn files_of(session: &Session, events: &HashSet<String>) -> Result<HashSet<String>> {
    let mut files = HashSet::new();
    let mut rows = ask(session, "SELECT event_id, source_file FROM cloudtrail").await?;
    while let Some(batch) = rows.try_next().await? {
        let (ids, names) = (texts(&batch, "event_id")?, texts(&batch, "source_file")?);
        for (id, name) in ids.iter().zip(names.iter()) {
            if let (Some(id), Some(name)) = (id, name)
                && events.contains(id)
                && !files.contains(name)
            {
                files.insert(name.to_owned());
            }
        }
    }
    Ok(files)
}

/// The rows whose text in a column is one of some, and those that are about no log where `kind` says so; all of them
/// where there is no set.
pub(super) fn among(
    rows: SendableRecordBatchStream,
    column: &'static str,
    kind: Option<&'static str>,
    wanted: Option<&HashSet<String>>,
) -> SendableRecordBatchStream {
    let Some(wanted) = wanted.cloned() else { return rows };
    let schema = rows.schema();
    let kept = rows.map(move |batch| {
        let batch = batch?;
        let names = texts(&batch, column)?;
        let kinds = kind.map(|kind| texts(&batch, kind)).transpose()?;
        let keep = (0..batch.num_rows()).map(|row| {
            let named = names.is_valid(row) && wanted.contains(names.value(row));
            let other = kinds.as_ref().is_some_and(|kinds| kinds.is_valid(row) && kinds.value(row) != "log");
            Some(named || other)
        });
        Ok(filter_record_batch(&batch, &keep.collect::<BooleanArray>())?)
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, kept))
}

/// Counts verdicts, and notes the digests that they name.
pub(super) fn tally(
    batch: &RecordBatch,
    counts: &mut BTreeMap<String, u64>,
    digests: &mut HashSet<String>,
) -> Result<()> {
    let (kinds, verdicts, named) = (texts(batch, "kind")?, texts(batch, "verdict")?, texts(batch, "digest")?);
    for row in 0..batch.num_rows() {
        *counts.entry(format!("{} {}", kinds.value(row), verdicts.value(row))).or_default() += 1;
        if named.is_valid(row) {
            digests.insert(named.value(row).to_owned());
        }
    }
    Ok(())
}
