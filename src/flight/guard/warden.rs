//! Lets queries in within their limits, and writes down how they ended.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use tonic::Status;

use super::audit::Entry;
use super::clock::Clock;
use super::gate::Full;
use super::gate::Gate;
use super::gate::Place;
use super::mask::masked;
use super::metrics::Metrics;
use super::metrics::Outcome;
use super::record::Record;
use crate::flight::watch::Caller;
use crate::flight::watch::Permit;
use crate::flight::watch::Watch;

/// So many bytes of a query's text are written down.
const MOST_SQL: usize = 8 << 10;

/// So many bytes of an error.
const MOST_REASON: usize = 1 << 10;

/// What one query may take.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    pub(super) memory: Option<usize>,
    pub(super) time: Option<Duration>,
    pub(super) rows: Option<u64>,
}

/// Decides which queries run.
#[derive(Clone, Debug)]
pub(super) struct Warden {
    pub(super) limits: Limits,
    pub(super) queries: Arc<Gate>,
    /// What tables there are is asked beside, so that a tool can show them while its queries wait.
    pub(super) metadata: Arc<Gate>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) record: Arc<Record>,
    pub(super) clock: Arc<dyn Clock>,
}

#[async_trait]
impl Watch for Warden {
    async fn admit(&self, caller: &Caller, sql: &str) -> Result<Box<dyn Permit>, Status> {
        let is_metadata = is_command(sql);
        let sent = self.clock.instant();
        let mut leave = Leave {
            id: uuid::Uuid::new_v4().simple().to_string(),
            caller: caller.clone(),
            sql: masked(sql, MOST_SQL),
            sql_bytes: sql.len(),
            is_metadata,
            sent,
            let_in: sent,
            rows: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            begun: AtomicBool::new(false),
            ended: false,
            place: None,
            warden: self.clone(),
        };
        if self.record.is_draining() {
            return Err(
                leave.refused(Status::unavailable("the server is about to stop and lets no query in"))
            );
        }
        if !self.record.is_whole() {
            return Err(leave.refused(Status::unavailable(
                "the audit log of the server cannot be written, and without it no query runs; its disk may be full",
            )));
        }
        let gate = if is_metadata { &self.metadata } else { &self.queries };
        match gate.enter(&line_of(caller)).await {
            Ok(place) => {
                leave.place = Some(place);
                leave.let_in = self.clock.instant();
                Ok(Box::new(leave))
            }
            Err(Full::TooManyWaiting) => Err(leave.refused(Status::resource_exhausted(
                "too many of your queries wait already: send fewer at once (--queries-waiting)",
            ))),
            Err(Full::WaitedTooLong) => Err(leave.refused(Status::resource_exhausted(format!(
                "no place got free within {} s, as other queries run: try again later (--queries, --queries-per-user)",
                self.clock.instant().saturating_duration_since(sent).as_secs()
            )))),
        }
    }
}

/// Whom the query is counted for: the user, or the connection of somebody who has no name.
fn line_of(caller: &Caller) -> Cow<'_, str> {
    match caller.address {
        Some(address) if *caller == (Caller { address: Some(address), ..Caller::default() }) => {
            Cow::Owned(format!("{} {address}", caller.name))
        }
        _ => Cow::Borrowed(&caller.name),
    }
}

/// Tells whether it is the name of a command, such as `GetTables`, in place of SQL.
fn is_command(sql: &str) -> bool {
    sql.starts_with("Get") && sql.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The leave of one query to run.
struct Leave {
    id: String,
    caller: Caller,
    /// Without secrets, and perhaps only its beginning.
    sql: String,
    sql_bytes: usize,
    is_metadata: bool,
    sent: Instant,
    let_in: Instant,
    rows: AtomicU64,
    bytes: AtomicU64,
    begun: AtomicBool,
    ended: bool,
    place: Option<Place>,
    warden: Warden,
}

impl Permit for Leave {
    fn memory(&self) -> Option<usize> {
        self.warden.limits.memory
    }

    fn deadline(&self) -> Option<Instant> {
        self.let_in.checked_add(self.warden.limits.time?)
    }

    fn most_rows(&self) -> Option<u64> {
        self.warden.limits.rows
    }

    fn sent(&self, rows: u64, bytes: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.warden.metrics.rows.fetch_add(rows, Ordering::Relaxed);
        self.warden.metrics.bytes.fetch_add(bytes, Ordering::Relaxed);
        // A query that runs for an hour, or that the server does not survive, is in the log from its first row on.
        if !self.is_metadata && !self.begun.swap(true, Ordering::Relaxed) {
            self.warden.record.note(Entry { event: "query_begun", ..self.entry() });
        }
    }

    fn ended(mut self: Box<Self>, outcome: &str) {
        self.end(outcome);
    }
}

impl Leave {
    fn entry(&self) -> Entry {
        Entry {
            id: Some(self.id.clone()),
            user: Some(self.caller.name.clone()),
            address: self.caller.address.map(|address| address.to_string()),
            sql: Some(self.sql.clone()),
            sql_bytes: (self.sql_bytes > MOST_SQL).then_some(self.sql_bytes),
            ..Entry::default()
        }
    }

    fn end(&mut self, how: &str) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        self.place = None;
        // Only the columns were asked for; and what tables there are is no question about the log.
        let outcome = self.outcome(how);
        if how == "planned" || self.is_metadata && outcome == Outcome::Done {
            return;
        }
        let now = self.warden.clock.instant();
        let took = now.saturating_duration_since(self.sent);
        self.warden.metrics.ended(outcome, took);
        let waited = self.let_in.saturating_duration_since(self.sent);
        let reason = (how != "done").then(|| masked(how, MOST_REASON));
        self.warden.record.note(Entry {
            event: "query",
            outcome: Some(outcome.name()),
            reason,
            rows: Some(self.rows.load(Ordering::Relaxed)),
            bytes: Some(self.bytes.load(Ordering::Relaxed)),
            seconds: Some(took.as_secs_f64()),
            waited: Some(waited.as_secs_f64()),
            ..self.entry()
        });
    }

    fn outcome(&self, how: &str) -> Outcome {
        let late = self.deadline().is_some_and(|deadline| self.warden.clock.instant() >= deadline);
        // The service says so of rows and memory; a batch that goes over the limit is not sent, so not counted here.
        let much = ["which is the most", "out of memory"].iter().any(|words| how.contains(words));
        match how {
            "done" | "planned" => Outcome::Done,
            "cancelled" | "dropped" if self.warden.record.is_stopped() => Outcome::Stopped,
            "cancelled" | "dropped" => Outcome::Cancelled,
            _ if late || much => Outcome::OverLimit,
            _ => Outcome::Failed,
        }
    }

    fn refused(&mut self, status: Status) -> Status {
        self.ended = true;
        let waited = self.warden.clock.instant().saturating_duration_since(self.sent);
        self.warden.metrics.ended(Outcome::Refused, waited);
        self.warden.record.note(Entry {
            event: "query",
            outcome: Some(Outcome::Refused.name()),
            reason: Some(status.message().to_owned()),
            seconds: Some(waited.as_secs_f64()),
            ..self.entry()
        });
        status
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.end("dropped");
    }
}
