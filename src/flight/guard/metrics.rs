//! What Prometheus scrapes: counts of what the server does. No name, no SQL and no address is in them.

use std::fmt::Write;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The upper bounds of the durations in seconds.
const BOUNDS: [f64; 12] = [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0, 600.0];

/// How a query ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All of it was sent.
    Done,
    /// It failed for what it asks.
    Failed,
    /// The client cancelled it, or went away.
    Cancelled,
    /// It went over one of its limits, in time, rows or memory.
    OverLimit,
    /// It was not let in.
    Refused,
    /// The server stopped before it ended.
    Stopped,
}

impl Outcome {
    const ALL: [Self; 6] =
        [Self::Done, Self::Failed, Self::Cancelled, Self::OverLimit, Self::Refused, Self::Stopped];

    /// The word for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::OverLimit => "over_limit",
            Self::Refused => "refused",
            Self::Stopped => "stopped",
        }
    }
}

/// Why a caller was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denial {
    /// There was no name, password or token.
    Missing,
    /// Name or password are wrong.
    Password,
    /// The token is not ours, or its user is not there any more.
    Token,
    /// The token was good once.
    Expired,
    /// Too many attempts failed before.
    LockedOut,
}

impl Denial {
    const ALL: [Self; 5] = [Self::Missing, Self::Password, Self::Token, Self::Expired, Self::LockedOut];

    /// The word for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Password => "password",
            Self::Token => "token",
            Self::Expired => "expired",
            Self::LockedOut => "locked_out",
        }
    }
}

/// Why a connection was closed before it was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// Too many from that address, or in all.
    NoRoom,
    /// It had to make room for another, having done nothing.
    MadeRoom,
    /// It sent no request in time.
    Silent,
    /// The TLS handshake failed or took too long.
    Tls,
}

impl Closed {
    const ALL: [Self; 4] = [Self::NoRoom, Self::MadeRoom, Self::Silent, Self::Tls];

    fn name(self) -> &'static str {
        match self {
            Self::NoRoom => "no_room",
            Self::MadeRoom => "made_room",
            Self::Silent => "silent",
            Self::Tls => "tls",
        }
    }
}

/// The counters.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    queries: [AtomicU64; Outcome::ALL.len()],
    denials: [AtomicU64; Denial::ALL.len()],
    closed: [AtomicU64; Closed::ALL.len()],
    buckets: [AtomicU64; BOUNDS.len()],
    microseconds: AtomicU64,
    pub(super) rows: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) sign_ins: AtomicU64,
    pub(super) streams: AtomicI64,
    pub(super) connections: AtomicI64,
    pub(super) stalled: AtomicU64,
}

/// What is not counted but looked at when it is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gauges {
    pub(super) running: usize,
    pub(super) waiting: usize,
    pub(super) audit_whole: bool,
    pub(super) serving: bool,
}

impl Metrics {
    /// Counts a query that has ended.
    pub(super) fn ended(&self, outcome: Outcome, took: Duration) {
        count(&self.queries, Outcome::ALL.iter().position(|one| *one == outcome));
        if outcome == Outcome::Refused {
            return;
        }
        let seconds = took.as_secs_f64();
        count(&self.buckets, BOUNDS.iter().position(|bound| seconds <= *bound));
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    /// Counts a caller who was not let in.
    pub(super) fn denied(&self, denial: Denial) {
        count(&self.denials, Denial::ALL.iter().position(|one| *one == denial));
    }

    /// Counts a connection that was closed before it was used.
    pub(super) fn closed(&self, closed: Closed) {
        count(&self.closed, Closed::ALL.iter().position(|one| *one == closed));
    }

    /// The page in the text format of Prometheus.
    pub(super) fn page(&self, gauges: Gauges) -> String {
        let mut page = Page::default();
        let version = concat!("{version=\"", env!("CARGO_PKG_VERSION"), "\"}");
        page.head("trailql_build_info", "gauge", "What runs.");
        page.line("trailql_build_info", version, 1);
        page.head("trailql_serving", "gauge", "1 while queries are let in.");
        page.line("trailql_serving", "", u64::from(gauges.serving));
        page.head("trailql_queries_total", "counter", "Queries that have ended.");
        for (outcome, counter) in Outcome::ALL.iter().zip(&self.queries) {
            page.labelled("trailql_queries_total", "outcome", outcome.name(), counter);
        }
        page.head("trailql_rows_total", "counter", "Rows sent.");
        page.line("trailql_rows_total", "", get(&self.rows));
        page.head("trailql_bytes_total", "counter", "Bytes of Arrow data sent.");
        page.line("trailql_bytes_total", "", get(&self.bytes));
        page.head("trailql_queries_running", "gauge", "Queries that are planned or run.");
        page.line("trailql_queries_running", "", gauges.running as u64);
        page.head("trailql_queries_waiting", "gauge", "Queries that wait for a place.");
        page.line("trailql_queries_waiting", "", gauges.waiting as u64);
        page.head("trailql_active_streams", "gauge", "Answers that are being sent.");
        page.line("trailql_active_streams", "", self.streams.load(Ordering::Relaxed).max(0).unsigned_abs());
        page.head(
            "trailql_stalled_streams_total",
            "counter",
            "Answers given up because the client did not read.",
        );
        page.line("trailql_stalled_streams_total", "", get(&self.stalled));
        page.head("trailql_sign_ins_total", "counter", "Callers who signed in with a password.");
        page.line("trailql_sign_ins_total", "", get(&self.sign_ins));
        page.head(
            "trailql_authentication_failures_total",
            "counter",
            "Requests of callers who were not let in.",
        );
        for (denial, counter) in Denial::ALL.iter().zip(&self.denials) {
            page.labelled("trailql_authentication_failures_total", "reason", denial.name(), counter);
        }
        page.head("trailql_connections", "gauge", "Open connections.");
        page.line("trailql_connections", "", self.connections.load(Ordering::Relaxed).max(0).unsigned_abs());
        page.head("trailql_connections_closed_total", "counter", "Connections closed before they were used.");
        for (closed, counter) in Closed::ALL.iter().zip(&self.closed) {
            page.labelled("trailql_connections_closed_total", "reason", closed.name(), counter);
        }
        page.head("trailql_audit_whole", "gauge", "1 while every line of the audit log could be written.");
        page.line("trailql_audit_whole", "", u64::from(gauges.audit_whole));
        self.histogram(&mut page);
        page.0
    }

    fn histogram(&self, page: &mut Page) {
        page.head("trailql_query_seconds", "histogram", "How long queries took, waiting included.");
        let mut sum = 0;
        for (bound, bucket) in BOUNDS.iter().zip(&self.buckets) {
            sum += get(bucket);
            page.line("trailql_query_seconds_bucket", &format!("{{le=\"{bound}\"}}"), sum);
        }
        let ran = Outcome::ALL.iter().zip(&self.queries).filter(|(outcome, _)| **outcome != Outcome::Refused);
        // Counted last, so that no bucket holds more than there are.
        let all = ran.map(|(_, counter)| get(counter)).sum::<u64>().max(sum);
        page.line("trailql_query_seconds_bucket", "{le=\"+Inf\"}", all);
        let seconds = Duration::from_micros(get(&self.microseconds)).as_secs_f64();
        let _ = writeln!(page.0, "trailql_query_seconds_sum {seconds}");
        page.line("trailql_query_seconds_count", "", all);
    }
}

#[derive(Default)]
struct Page(String);

// Writing to a text cannot fail.
impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: u64) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn labelled(&mut self, name: &str, label: &str, word: &str, counter: &AtomicU64) {
        self.line(name, &format!("{{{label}=\"{word}\"}}"), get(counter));
    }
}

fn count(counters: &[AtomicU64], index: Option<usize>) {
    if let Some(counter) = index.and_then(|index| counters.get(index)) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_what_prometheus_reads() {
        let metrics = Metrics::default();
        metrics.ended(Outcome::Done, Duration::from_millis(7));
        metrics.ended(Outcome::Failed, Duration::from_secs(3_600));
        metrics.ended(Outcome::Refused, Duration::ZERO);
        metrics.denied(Denial::Password);
        metrics.closed(Closed::Silent);
        metrics.rows.fetch_add(42, Ordering::Relaxed);
        let gauges = Gauges { running: 2, waiting: 3, audit_whole: true, serving: true };
        let page = metrics.page(gauges).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        insta::assert_snapshot!(page);
    }
}
