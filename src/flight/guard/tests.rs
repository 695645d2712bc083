//! The guard as a whole, without a network.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tonic::Code;

use super::audit::Entry;
use super::clock::still::Still;
use super::*;
use crate::flight::watch::Caller;
use crate::flight::watch::Watch;

fn settings() -> Settings {
    Settings {
        tls: None,
        users: None,
        token_lifetime: Duration::from_secs(60),
        audit: None,
        drain: Duration::from_secs(1),
        query_memory: Some(1 << 20),
        query_time: Some(Duration::from_secs(10)),
        query_rows: Some(5),
        queries: 2,
        queries_per_user: 1,
        queries_waiting: 1,
        queue_time: Duration::from_millis(1),
        stall_time: Duration::from_secs(60),
        connections: 10,
        connections_per_address: 10,
        handshake_time: Duration::from_secs(5),
        unsafe_without_tls: false,
        unsafe_without_users: false,
        notices: Arc::new(|_: &Error| {}),
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn tls(client_ca: Option<&str>) -> Option<TlsFiles> {
    let file = |name: &str| PathBuf::from(name);
    Some(TlsFiles { certificate: file("cert"), key: file("key"), client_ca: client_ca.map(file) })
}

#[test]
fn what_others_reach_needs_tls_and_authentication() {
    let plain = settings();
    let secret = Settings { tls: tls(None), ..settings() };
    let users = Settings { users: Some("users".into()), ..settings() };
    let both = Settings { tls: tls(None), users: Some("users".into()), ..settings() };
    let mutual = Settings { tls: tls(Some("ca")), ..settings() };
    for mine in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        may_listen(address(mine), &plain).unwrap();
    }
    for everyone in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1", "[::ffff:192.0.2.1]:1"] {
        for (refused, missing) in [(&plain, "TLS"), (&users, "TLS"), (&secret, "authentication")] {
            let error = may_listen(address(everyone), refused).unwrap_err().to_string();
            assert!(error.contains(missing), "{error}");
        }
        may_listen(address(everyone), &both).unwrap();
        may_listen(address(everyone), &mutual).unwrap();
        let open = Settings { unsafe_without_tls: true, unsafe_without_users: true, ..settings() };
        may_listen(address(everyone), &open).unwrap();
        let half = Settings { unsafe_without_tls: true, ..settings() };
        may_listen(address(everyone), &half).unwrap_err();
    }
}

fn warden(settings: &Settings, audit: Option<Audit>) -> (Warden, Arc<Still>) {
    let clock = Arc::new(Still::new());
    let shared = Arc::clone(&clock) as Arc<dyn Clock>;
    let room = Room {
        all: settings.queries,
        per_caller: settings.queries_per_user,
        waiting: settings.queries_waiting,
        patience: settings.queue_time,
    };
    let limits =
        Limits { memory: settings.query_memory, time: settings.query_time, rows: settings.query_rows };
    let warden = Warden {
        limits,
        queries: Gate::new(room),
        metadata: Gate::new(METADATA),
        metrics: Arc::default(),
        record: Record::new(audit, Arc::clone(&shared)),
        clock: shared,
    };
    (warden, clock)
}

fn ann() -> Caller {
    Caller { name: "ann".to_owned(), address: Some(address("192.0.2.7:4242")) }
}

#[tokio::test]
async fn queries_leave_one_line_with_what_they_took() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.ndjson");
    let audit = Audit::open(&path, Arc::new(|_: &Error| {})).unwrap();
    let (warden, clock) = warden(&settings(), Some(audit));

    let done = warden.admit(&ann(), "SELECT 1 WHERE password = 'hunter2'").await.unwrap();
    assert_eq!((done.memory(), done.most_rows()), (Some(1 << 20), Some(5)));
    assert_eq!(done.deadline(), Some(clock.instant() + Duration::from_secs(10)));
    clock.pass(Duration::from_millis(1_500));
    done.sent(2, 100);
    done.sent(1, 50);
    done.ended("done");
    warden.admit(&ann(), "SELECT 2").await.unwrap().ended("planned");
    warden.admit(&ann(), "GetTables").await.unwrap().ended("done");
    warden.admit(&ann(), "SELECT 3").await.unwrap().ended("no column named x");
    drop(warden.admit(&ann(), "SELECT 4").await.unwrap());
    let late = warden.admit(&ann(), "SELECT 5").await.unwrap();
    clock.pass(Duration::from_secs(10));
    late.ended("it took too long");
    let running = warden.admit(&ann(), "SELECT 6").await.unwrap();
    let refused = warden.admit(&ann(), &"SELECT 7 ".repeat(2_000)).await.err().unwrap();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    warden.record.drain();
    let refused = warden.admit(&ann(), "SELECT 8").await.err().unwrap();
    assert_eq!(refused.code(), Code::Unavailable);
    warden.record.stop();
    drop(running);
    assert!(warden.record.close());

    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("hunter2"));
    let mut lines = String::new();
    for line in text.lines() {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["id"] = "ID".into();
        if let Some(sql) = line["sql"].as_str().filter(|sql| sql.len() > 100) {
            assert_eq!(sql.len(), 8 << 10);
            line["sql"] = "cut".into();
        }
        lines.push_str(&format!("{line}\n"));
    }
    insta::assert_snapshot!(lines);
    assert_eq!(warden.metrics.rows.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn nothing_runs_unseen() {
    if !std::path::Path::new("/dev/full").exists() {
        println!("skipped: there is no /dev/full");
        return;
    }
    let (told, heard) = std::sync::mpsc::channel();
    let notices: Notices = Arc::new(move |error: &Error| drop(told.send(error.to_string())));
    let audit = Audit::open(std::path::Path::new("/dev/full"), notices).unwrap();
    let (warden, _) = warden(&settings(), Some(audit));
    // The first is let in, as nobody knows yet that it cannot be written down.
    let first = warden.admit(&ann(), "SELECT 1").await.unwrap();
    warden.record.note(Entry { event: "sign_in", ..Entry::default() });
    heard.recv().unwrap();
    let refused = warden.admit(&ann(), "SELECT 2").await.err().unwrap();
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(refused.message().contains("audit log"), "{}", refused.message());
    first.ended("done");
    assert!(!warden.record.close());
}

#[tokio::test]
async fn those_without_a_name_stand_in_a_line_each_connection() {
    let (warden, _) = warden(&settings(), None);
    let nobody = |text: &str| Caller { address: Some(address(text)), ..Caller::default() };
    let one = warden.admit(&nobody("127.0.0.1:1"), "SELECT 1").await.unwrap();
    let two = warden.admit(&nobody("127.0.0.1:2"), "SELECT 1").await.unwrap();
    drop((one, two));
    // The same user is one line wherever they sit.
    let elsewhere = Caller { address: Some(address("192.0.2.8:1")), ..ann() };
    let _one = warden.admit(&ann(), "SELECT 1").await.unwrap();
    assert!(warden.admit(&elsewhere, "SELECT 1").await.is_err());
}
