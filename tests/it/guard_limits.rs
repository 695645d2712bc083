//! How much may be asked of `trailql serve`, what it writes down, and how it stops.

use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;

use futures::StreamExt;
use futures::TryStreamExt;

use crate::guarded::Client;
use crate::guarded::PATIENCE;
use crate::guarded::Served;
use crate::guarded::add_user;
use crate::guarded::count;
use crate::guarded::eventually;
use crate::guarded::health;
use crate::guarded::sign_in;
use crate::guarded::with_lake;

/// Does not end by itself within the time of a test.
const ENDLESS: &str =
    "SELECT a.value, b.value FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b";

fn scrape(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

#[tokio::test]
async fn each_limit_says_which_it_is() {
    let limits = ["--query-rows", "100", "--query-time", "2s", "--query-memory", "1MiB"];
    let server = Served::start(with_lake(), &[&limits[..], &["--audit", "audit.ndjson"]].concat());
    let mut client = server.client().await;
    assert_eq!(count(&mut client, "SELECT * FROM generate_series(1, 100)").await.unwrap(), 100);
    let rows = count(&mut client, "SELECT * FROM generate_series(1, 101)").await.unwrap_err();
    assert!(rows.contains("more than 100 rows"), "{rows}");
    let slow = format!("SELECT count(*) FROM ({ENDLESS})");
    let time = count(&mut client, &slow).await.unwrap_err();
    assert!(time.contains("longer than it may"), "{time}");
    let large = "SELECT array_length(array_agg(value)) FROM generate_series(1, 10000000)";
    let memory = count(&mut client, large).await.unwrap_err();
    assert!(memory.contains("out of memory"), "{memory}");
    // And then it goes on.
    assert_eq!(count(&mut client, "SELECT 1").await.unwrap(), 1);
    let outcomes = eventually(async || {
        let lines = server.audit().into_iter().filter(|line| line["event"] == "query");
        let outcomes: Vec<_> = lines.map(|line| line["outcome"].as_str().unwrap().to_owned()).collect();
        (outcomes.len() == 5).then_some(outcomes)
    })
    .await;
    assert_eq!(outcomes, ["done", "over_limit", "over_limit", "over_limit", "done"]);
}

/// A stream that has begun and is not read on.
async fn begun(client: &mut Client, sql: &str) -> arrow_flight::decode::FlightRecordBatchStream {
    let info = client.execute(sql.to_owned(), None).await.unwrap();
    let mut stream = client.do_get(info.endpoint[0].ticket.clone().unwrap()).await.unwrap();
    stream.next().await.unwrap().unwrap();
    stream
}

#[tokio::test]
async fn a_greedy_client_waits_for_itself_and_others_do_not() {
    let folder = with_lake();
    add_user(folder.path(), "greedy", "correct horse");
    add_user(folder.path(), "modest", "battery staple");
    let limits =
        ["--queries", "3", "--queries-per-user", "2", "--queries-waiting", "1", "--queue-time", "1s"];
    let server = Served::start(folder, &[&["--users", "users"], &limits[..]].concat());
    let mut greedy = server.client().await;
    sign_in(&mut greedy, "greedy", "correct horse").await.unwrap();
    let _first = begun(&mut greedy, ENDLESS).await;
    let _second = begun(&mut greedy, ENDLESS).await;
    let error = count(&mut greedy, "SELECT 1").await.unwrap_err();
    assert!(error.contains("no place got free within"), "{error}");
    let mut modest = server.client().await;
    sign_in(&mut modest, "modest", "battery staple").await.unwrap();
    assert_eq!(count(&mut modest, "SELECT 1").await.unwrap(), 1);
}

#[tokio::test]
async fn a_client_that_does_not_read_loses_its_place() {
    let server =
        Served::start(with_lake(), &["--queries-per-user", "1", "--stall-time", "1s", "--queue-time", "60s"]);
    let mut client = server.client().await;
    let mut stalled = begun(&mut client, ENDLESS).await;
    // It waits for the place of the one that nobody reads.
    assert_eq!(count(&mut client, "SELECT 1").await.unwrap(), 1);
    let error = loop {
        if let Err(error) = stalled.next().await.expect("it does not end well") {
            break error.to_string();
        }
    };
    assert!(error.contains("the client has read nothing for 1 s"), "{error}");
}

#[tokio::test]
async fn the_audit_log_says_who_asked_what() {
    let folder = with_lake();
    add_user(folder.path(), "ann", "correct horse");
    let mut server = Served::start(folder, &["--users", "users", "--audit", "audit.ndjson"]);
    let mut client = server.client().await;
    sign_in(&mut client, "ann", "correct horse").await.unwrap();
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    count(&mut client, "SELECT event_name FROM cloudtrail LIMIT 2").await.unwrap();
    count(&mut client, &format!("SELECT 1 WHERE 'x' = '{secret}'")).await.unwrap();
    count(&mut client, "SELECT no_such_column FROM cloudtrail").await.unwrap_err();
    drop(begun(&mut client, ENDLESS).await);
    eventually(async || server.audit().iter().any(|line| line["outcome"] == "cancelled").then_some(())).await;
    server.terminate();
    assert_eq!(server.ended().0, Some(0));
    let text = std::fs::read_to_string(server.file("audit.ndjson")).unwrap();
    assert!(!text.contains(secret) && !text.contains("horse"), "{text}");
    let mut shown = String::new();
    for mut line in server.audit() {
        assert!(line["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{line}");
        let fields = line.as_object_mut().unwrap();
        for (name, value) in fields.iter_mut() {
            let varies = ["time", "id", "address", "seconds", "waited", "bytes"].contains(&name.as_str());
            if varies {
                *value = "...".into();
            }
        }
        if fields.get("outcome").is_some_and(|outcome| outcome == "cancelled") {
            fields.insert("rows".to_owned(), "...".into());
        }
        shown.push_str(&format!("{line}\n"));
    }
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn prometheus_scrapes_what_happened() {
    let folder = with_lake();
    add_user(folder.path(), "zebra", "correct horse");
    let server = Served::start(folder, &["--users", "users", "--metrics", "127.0.0.1:0"]);
    let metrics = server.metrics.unwrap();
    let mut client = server.client().await;
    let _ = sign_in(&mut client, "zebra", "wrong horse").await;
    sign_in(&mut client, "zebra", "correct horse").await.unwrap();
    count(&mut client, "SELECT * FROM generate_series(1, 1234)").await.unwrap();
    count(&mut client, "SELECT nothing").await.unwrap_err();
    let stream = begun(&mut client, ENDLESS).await;
    let page = scrape(metrics, "/metrics");
    assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("text/plain; version=0.0.4"), "{page}");
    for line in [
        "trailql_serving 1",
        "trailql_queries_total{outcome=\"done\"} 1",
        "trailql_queries_total{outcome=\"failed\"} 1",
        "trailql_queries_running 1",
        "trailql_active_streams 1",
        "trailql_sign_ins_total 1",
        "trailql_authentication_failures_total{reason=\"password\"} 1",
        "trailql_query_seconds_count 2",
        "trailql_connections 1",
    ] {
        assert!(page.lines().any(|other| other == line), "{line} is not in\n{page}");
    }
    assert!(!page.contains("zebra"), "{page}");
    assert!(scrape(metrics, "/").starts_with("HTTP/1.1 404"));
    drop(stream);
    eventually(async || scrape(metrics, "/metrics").contains("{outcome=\"cancelled\"} 1").then_some(()))
        .await;
}

#[tokio::test]
async fn a_stopping_server_lets_running_queries_end() {
    let mut server = Served::start(with_lake(), &["--drain", "60s"]);
    let mut client = server.client().await;
    let long = "SELECT repeat('x', 1000), value FROM generate_series(1, 200000)";
    let running = begun(&mut client, long).await;
    assert_eq!(health(server.address).await.unwrap(), 1);
    server.terminate();
    // Nobody new is let in.
    eventually(async || health(server.address).await.is_err().then_some(())).await;
    let rest: Vec<_> = running.try_collect().await.unwrap();
    assert!(rest.iter().map(|batch| batch.num_rows()).sum::<usize>() > 100_000);
    drop(client);
    assert_eq!(server.ended(), (Some(0), String::new()));
}

#[tokio::test]
async fn a_stopping_server_does_not_wait_for_ever() {
    let mut server = Served::start(with_lake(), &["--drain", "1s", "--audit", "audit.ndjson"]);
    let mut client = server.client().await;
    let running = begun(&mut client, ENDLESS).await;
    server.terminate();
    let error = running.try_fold(0, async |count, _| Ok(count + 1)).await.unwrap_err().to_string();
    assert!(error.contains("the server was stopped before the query ended"), "{error}");
    assert_eq!(server.ended().0, Some(0));
    let lines = server.audit();
    let query = lines.iter().find(|line| line["event"] == "query").unwrap();
    assert_eq!(query["outcome"], "stopped");
    assert_eq!(lines.last().unwrap()["event"], "stopped");
}

/// Connections of which the server may have no more than these.
fn idle(server: &Served, most: usize) -> Vec<TcpStream> {
    let files = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = files.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(1_024_usize);
    // Other tests have files too.
    let count = most.min(files.saturating_sub(2_000).max(files / 4));
    if count < most {
        println!("{count} connections in place of {most}, as `ulimit -n` is {files}");
    }
    (0..count).map(|_| TcpStream::connect(server.address).unwrap()).collect()
}

#[tokio::test]
async fn ten_thousand_idle_connections_keep_nobody_out() {
    // As many as come from one address are sent away for others, or fill the server: both must leave it open.
    for per_address in ["1000", "100000"] {
        let limits =
            ["--connections-per-address", per_address, "--connections", "10000", "--handshake-time", "30s"];
        let server = Served::start(with_lake(), &[&limits[..], &["--metrics", "127.0.0.1:0"]].concat());
        let mut before = server.client().await;
        assert_eq!(count(&mut before, "SELECT 1").await.unwrap(), 1);
        let idle = idle(&server, 10_000);
        let mut client = server.client().await;
        assert_eq!(count(&mut client, "SELECT event_id FROM cloudtrail LIMIT 3").await.unwrap(), 3);
        assert_eq!(count(&mut before, "SELECT 1").await.unwrap(), 1, "a guest is not sent away");
        let page = scrape(server.metrics.unwrap(), "/metrics");
        println!(
            "{}",
            page.lines()
                .filter(|line| line.starts_with("trailql_connections"))
                .collect::<Vec<_>>()
                .join("\n")
        );
        drop(idle);
        assert_eq!(count(&mut client, "SELECT 1").await.unwrap(), 1);
    }
}

#[tokio::test]
async fn those_who_say_nothing_are_sent_away() {
    let server = Served::start(with_lake(), &["--handshake-time", "1s"]);
    // Nothing at all, half of the first line, and a head that never ends.
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let preface = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &settings].concat();
    for said in [&b""[..], &preface[..9], &preface] {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(said).unwrap();
        let mut answer = Vec::new();
        // Closed or reset, but not left open.
        if let Err(error) = stream.read_to_end(&mut answer) {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
        }
    }
    // A client that has asked for something may be silent after.
    let mut client = server.client().await;
    assert_eq!(count(&mut client, "SELECT 1").await.unwrap(), 1);
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let _ = stream.read_to_end(&mut Vec::new());
    assert_eq!(count(&mut client, "SELECT 1").await.unwrap(), 1);
}
