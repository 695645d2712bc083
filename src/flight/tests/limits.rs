//! What the watch allows is held, and it learns how every query ended.

use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use super::*;
use crate::flight::watch::Permit;

/// Limits for every query, and what was noted of each.
#[derive(Clone, Default)]
struct Strict {
    memory: Option<usize>,
    time: Option<Duration>,
    rows: Option<u64>,
    notes: Arc<Mutex<Vec<String>>>,
}

struct Leave {
    limits: Strict,
    deadline: Option<Instant>,
    sql: String,
    rows: Mutex<u64>,
}

#[async_trait::async_trait]
impl Watch for Strict {
    async fn admit(&self, caller: &Caller, sql: &str) -> Result<Box<dyn Permit>, Status> {
        if caller.name == "nobody" {
            return Err(Status::permission_denied("not you"));
        }
        let deadline = self.time.map(|time| Instant::now() + time);
        Ok(Box::new(Leave { limits: self.clone(), deadline, sql: sql.to_owned(), rows: Mutex::new(0) }))
    }
}

impl Permit for Leave {
    fn memory(&self) -> Option<usize> {
        self.limits.memory
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn most_rows(&self) -> Option<u64> {
        self.limits.rows
    }

    fn sent(&self, rows: u64, bytes: u64) {
        assert!(bytes > 0);
        *self.rows.lock().unwrap() += rows;
    }

    fn ended(self: Box<Self>, outcome: &str) {
        let rows = *self.rows.lock().unwrap();
        self.limits.notes.lock().unwrap().push(format!("{}: {rows} rows, {outcome}", self.sql));
    }
}

async fn watched(strict: &Strict) -> Service {
    let setup = Setup { watch: Arc::new(strict.clone()), ..Setup::open().unwrap() };
    Service::new(session().await, setup)
}

fn last(strict: &Strict) -> String {
    strict.notes.lock().unwrap().last().cloned().unwrap_or_default()
}

#[tokio::test]
async fn rows_beyond_the_most_are_an_error() {
    let strict = Strict { rows: Some(10_000), ..Strict::default() };
    let service = watched(&strict).await;
    assert_eq!(
        number(&service, "SELECT count(*) FROM generate_series(1, 20000)", None).await.unwrap(),
        20_000
    );
    assert_eq!(last(&strict), "SELECT count(*) FROM generate_series(1, 20000): 1 rows, done");
    let error = asked(&service, &query("SELECT * FROM generate_series(1, 20000)", None)).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert!(error.message().contains("more than 10000 rows"), "{error}");
    assert!(last(&strict).contains("8192 rows, the query gives more than"), "{}", last(&strict));
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_stopped() {
    let strict = Strict { time: Some(Duration::from_millis(100)), ..Strict::default() };
    let service = watched(&strict).await;
    // It gives nothing before it ends, and it would not end.
    let sql = "SELECT count(*) FROM generate_series(1, 10000000) a, generate_series(1, 10000000) b";
    let error = asked(&service, &query(sql, None)).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
}

#[tokio::test]
async fn a_query_that_wants_too_much_memory_is_told_so() {
    let strict = Strict { memory: Some(1 << 16), ..Strict::default() };
    let service = watched(&strict).await;
    let sql = "SELECT array_agg(value) FROM generate_series(1, 1000000)";
    let error = asked(&service, &query(sql, None)).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
    assert!(last(&strict).contains("memory"), "{}", last(&strict));
}

#[tokio::test]
async fn the_watch_learns_of_planning_dropping_errors_and_metadata() {
    let strict = Strict::default();
    let service = watched(&strict).await;
    let endless = query("SELECT * FROM generate_series(1, 1000000000000)", None);
    let info = info(&service, &endless).await.unwrap();
    assert!(last(&strict).ends_with(": 0 rows, planned"), "{}", last(&strict));
    let mut rows = service.do_get(ticket(&info)).await.unwrap().into_inner();
    rows.next().await.unwrap().unwrap();
    drop(rows);
    assert!(last(&strict).ends_with("dropped"), "{}", last(&strict));
    asked(&service, &query("SELECT nothing", None)).await.unwrap_err();
    assert!(last(&strict).contains("no column named nothing"), "{}", last(&strict));
    asked(&service, &CommandGetTables::default()).await.unwrap();
    assert!(
        last(&strict).starts_with("GetTables: ") && last(&strict).ends_with("rows, done"),
        "{}",
        last(&strict)
    );
}

#[tokio::test]
async fn a_handle_is_good_only_for_whom_it_was_made() {
    let service = watched(&Strict::default()).await;
    let by = |name: &str| Caller { name: name.to_owned(), address: None };
    let mut request = descriptor(&query("SELECT 1", None));
    request.extensions_mut().insert(by("alice"));
    let info = service.get_flight_info(request).await.unwrap().into_inner();
    for (name, code) in [("bob", Code::PermissionDenied), ("alice", Code::Ok)] {
        let mut request = ticket(&info);
        request.extensions_mut().insert(by(name));
        let answer = service.do_get(request).await;
        assert_eq!(answer.err().map_or(Code::Ok, |status| status.code()), code, "{name}");
    }
    let mut request = descriptor(&query("SELECT 1", None));
    request.extensions_mut().insert(by("nobody"));
    assert_eq!(service.get_flight_info(request).await.unwrap_err().message(), "not you");
}
