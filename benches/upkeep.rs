//! Measures upkeep: many tiny commits, a day larger than the memory, and a lake of very many files and days.
//!
//! ```sh
//! cargo bench --bench upkeep -- tiny 10000            # that many commits, then compact: same rows, how many files
//! cargo bench --bench upkeep -- day 5GiB 1GiB         # a day of about so many bytes in memory, sorted in 1 GiB
//! cargo bench --bench upkeep -- wide 100000 10000     # so many files in so many days: open and plan
//! ```
//!
//! The lake is made below `$TMPDIR` and removed again. Printed are times, sizes, and the peak memory of the process.
#![allow(clippy::print_stdout, clippy::expect_used)]

use std::time::Duration;
use std::time::Instant;

use chrono::DateTime;
use chrono::Utc;
use trailql::lake::Lake;
use trailql::lake::Limits;
use trailql::lake::Object;
use trailql::lake::Source;
use trailql::lake::Status;
use trailql::lake::upkeep::Compact;
use trailql::lake::upkeep::Means;
use trailql::logs;
use trailql::logs::LOGS;
use trailql::session::Session;
use trailql::storage;

/// The first second of the first day.
const BEGINNING: i64 = 1_000_000_000 / 86_400 * 86_400;
const DAY: i64 = 86_400;

/// A number that looks like chance.
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (number ^ (number >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (number >> 32)
}

fn record(number: u64, time: i64, padding: usize) -> String {
    let chance = mixed(number);
    let time = DateTime::from_timestamp(time, 0).expect("a time").format("%Y-%m-%dT%H:%M:%SZ");
    let padding: String =
        (0..padding as u64 / 16).map(|part| format!("{:016x}", mixed(chance ^ part))).collect();
    format!(
        r#"{{"eventVersion":"1.09","eventTime":"{time}","eventSource":"ec2.amazonaws.com","eventName":"Describe{}","awsRegion":"eu-central-1","sourceIPAddress":"203.0.113.{}","eventID":"{chance:016x}-{number:016x}","userIdentity":{{"type":"IAMUser","accountId":"{:012}","userName":"user{}"}},"requestParameters":{{"padding":"{padding}"}},"recipientAccountId":"{:012}"}}"#,
        chance % 40,
        chance % 250,
        chance % 20,
        chance % 300,
        chance % 20
    )
}

fn object(name: usize, records: &[String]) -> Object {
    let url = format!("s3://bench/AWSLogs/111122223333/CloudTrail/eu-central-1/{name:09}.json");
    let text = format!("{{\"Records\":[{}]}}", records.join(","));
    let reading = logs::read(&url, text.as_bytes(), usize::MAX);
    Object {
        source: Source {
            url,
            log: Some("cloudtrail"),
            status: Status::Read,
            detail: None,
            size: text.len() as u64,
            etag: Some(name.to_string()),
            last_modified: Some((BEGINNING + name as i64) * 1_000_000),
            sha256: Some(reading.sha256),
            records: reading.parsed.records,
            rejected: 0,
            first_event_time: reading.parsed.first_event_time,
            last_event_time: reading.parsed.last_event_time,
        },
        batches: reading.parsed.batches,
        rejects: reading.parsed.rejects,
        digest: None,
    }
}

/// The most memory the process has had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0) >> 10
}

fn size(text: &str) -> usize {
    let digits = text.trim_end_matches(char::is_alphabetic);
    let unit = match &text[digits.len()..] {
        "GiB" => 30,
        "MiB" => 20,
        _ => 0,
    };
    digits.parse::<usize>().expect("a number") << unit
}

fn files(lake: &Lake, table: &str) -> (usize, u64) {
    let snapshot = lake.snapshot();
    let summary = snapshot.tables().find(|(name, _)| *name == table).expect("a table").1;
    (summary.files, summary.bytes)
}

async fn lake_in(folder: &std::path::Path) -> Lake {
    let location = storage::open(folder.to_str().expect("a path")).await.expect("a place");
    Lake::open_or_create(&location, LOGS).await.expect("a lake")
}

async fn tiny(folder: &std::path::Path, commits: usize) {
    let lake = lake_in(folder).await;
    let mut writer = lake.writer(LOGS[0], Limits::default()).await.expect("a writer");
    let started = Instant::now();
    for commit in 0..commits {
        let number = commit as u64 * 3;
        let time = |at: u64| BEGINNING + (at as i64 * 30) % (7 * DAY);
        let records: Vec<_> = (number..number + 3).map(|at| record(at, time(at), 100)).collect();
        writer.commit(vec![object(commit, &records)], Utc::now()).await.expect("a commit");
    }
    println!("{commits} commits in {:.1} s", started.elapsed().as_secs_f64());
    lake.refresh().await.expect("a lake");
    let before = lake.content().await.expect("rows");
    let (count, bytes) = files(&lake, "cloudtrail");
    let started = Instant::now();
    lake.compact(&Compact::default(), |_| {}).await.expect("a compaction");
    let took = started.elapsed();
    assert_eq!(lake.content().await.expect("rows"), before, "the rows changed");
    println!(
        "compacted in {:.1} s: {count} files, {bytes} bytes became {:?}; sources {:?}; peak {} MiB",
        took.as_secs_f64(),
        files(&lake, "cloudtrail"),
        files(&lake, "sources"),
        peak()
    );
    let started = Instant::now();
    drop(lake_in(folder).await);
    println!("opened in {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
}

async fn day(folder: &std::path::Path, bytes: usize, memory: usize) {
    let lake = lake_in(folder).await;
    let mut writer = lake.writer(LOGS[0], Limits::default()).await.expect("a writer");
    let (mut made, mut name) = (0, 0);
    let started = Instant::now();
    while made < bytes {
        let first = name as u64 * 20_000;
        let time = |at: u64| BEGINNING + (mixed(at) % DAY as u64) as i64;
        let records: Vec<_> = (first..first + 20_000).map(|at| record(at, time(at), 1_000)).collect();
        let object = object(name, &records);
        made += object.batches.iter().map(|batch| batch.get_array_memory_size()).sum::<usize>();
        writer.commit(vec![object], Utc::now()).await.expect("a commit");
        name += 1;
    }
    drop(writer);
    lake.refresh().await.expect("a lake");
    println!(
        "{made} bytes of rows in {:.1} s, {:?}; peak {} MiB so far",
        started.elapsed().as_secs_f64(),
        files(&lake, "cloudtrail"),
        peak()
    );
    // The peak is that of a process of its own.
    let program = std::env::current_exe().expect("this program");
    let arguments = ["compact".to_owned(), folder.display().to_string(), memory.to_string()];
    let ended = std::process::Command::new(program).args(arguments).status().expect("a process");
    assert!(ended.success(), "the compaction failed");
}

async fn compact(folder: &std::path::Path, memory: usize) {
    let lake = lake_in(folder).await;
    let started = Instant::now();
    let compact = Compact { means: Means { memory, ..Means::default() }, ..Compact::default() };
    lake.compact(&compact, |day| println!("{day:?}")).await.expect("a compaction");
    println!(
        "compacted in {:.1} s with --memory {memory}: peak {} MiB",
        started.elapsed().as_secs_f64(),
        peak()
    );
}

async fn wide(folder: &std::path::Path, count: usize, days: usize) {
    let lake = lake_in(folder).await;
    let mut writer = lake.writer(LOGS[0], Limits::default()).await.expect("a writer");
    let started = Instant::now();
    for (commit, first) in (0..count).step_by(1_000).enumerate() {
        let time = |at: usize| BEGINNING + (at % days) as i64 * DAY + (mixed(at as u64) % DAY as u64) as i64;
        let records: Vec<_> = (first..first + 1_000).map(|at| record(at as u64, time(at), 50)).collect();
        writer.commit(vec![object(commit, &records)], Utc::now()).await.expect("a commit");
    }
    drop(writer);
    println!("made in {:.0} s", started.elapsed().as_secs_f64());
    let program = std::env::current_exe().expect("this program");
    let ended = std::process::Command::new(program).args(["plan", &folder.display().to_string()]).status();
    assert!(ended.expect("a process").success(), "planning failed");
}

async fn plan(folder: &std::path::Path) {
    let started = Instant::now();
    let lake = lake_in(folder).await;
    println!(
        "opened {:?} in {:.0} ms; peak {} MiB",
        files(&lake, "cloudtrail"),
        started.elapsed().as_secs_f64() * 1e3,
        peak()
    );
    let session = Session::new(lake, 1 << 30).expect("a session");
    let needle = "SELECT * FROM cloudtrail WHERE source_ip = '203.0.113.77'
        AND event_time >= TIMESTAMP '2020-03-01T00:00:00Z' AND event_time < TIMESTAMP '2020-03-08T00:00:00Z'";
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..5 {
        let started = Instant::now();
        let statement = Session::parse(needle).expect("SQL").remove(0);
        session.plan(statement).await.expect("a plan").physical().await.expect("a plan");
        times.push(started.elapsed());
    }
    println!("planned in {:?}; peak {} MiB", times, peak());
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lake");
    match arguments[..] {
        ["tiny", commits] => tiny(&path, size(commits)).await,
        ["day", bytes, memory] => day(&path, size(bytes), size(memory)).await,
        ["wide", count, days] => wide(&path, size(count), size(days)).await,
        ["compact", lake, memory] => compact(lake.as_ref(), size(memory)).await,
        ["plan", lake] => plan(lake.as_ref()).await,
        _ => println!("say what to measure: tiny COMMITS, day BYTES MEMORY, or wide FILES DAYS"),
    }
}
