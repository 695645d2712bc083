//! Upkeep with the program itself: compaction beside ingests and kills, and other engines that agree at every step.

use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

use crate::engines::PACKAGES;
use crate::kill::write_bucket;
use crate::program::ingest;
use crate::program::number;
use crate::program::rows;
use crate::program::run;
use crate::program::trailql;
use crate::python;

/// So long everything goes on at once, in seconds; by hand it may be more.
const SECONDS: &str = "TRAILQL_UPKEEP_SECONDS";

fn good(folder: &Path, arguments: &[&str]) -> String {
    let ended = run(folder, arguments);
    assert_eq!(ended.code, Some(0), "{arguments:?}: {}{}", ended.out, ended.err);
    ended.out
}

/// A lake in `folder` of as many commits as there are deliveries.
fn many_commits(folder: &Path) {
    write_bucket(&folder.join("bucket"));
    ingest_again(folder, "lake");
}

fn ingest_again(folder: &Path, lake: &str) {
    let ended = run(folder, &["--lake", lake, "ingest", "bucket", "--memory", "64KiB"]);
    assert!(matches!(ended.code, Some(0 | 3)), "{ended:?}");
}

/// All rows of the logs, and what the ledger says of the objects.
fn content(folder: &Path, lake: &str) -> String {
    let queries = "SELECT * FROM cloudtrail ORDER BY source_file, source_index;
        SELECT * EXCEPT (ingested_at) FROM sources ORDER BY url;
        SELECT * EXCEPT (ingested_at) FROM rejects ORDER BY source_file, position";
    good(folder, &["--lake", lake, "sql", "--format", "csv", queries])
}

fn status(folder: &Path) -> Value {
    serde_json::from_str(&good(folder, &["--lake", "lake", "status", "--format", "json"])).unwrap()
}

#[test]
fn a_compacted_lake_answers_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    many_commits(folder);
    let before = content(folder, "lake");
    let files = |status: &Value| status["tables"]["cloudtrail"]["files"].as_u64().unwrap();
    let version = status(folder)["tables"]["cloudtrail"]["version"].as_u64().unwrap();
    assert!(files(&status(folder)) > 20);
    let said = good(folder, &["--lake", "lake", "compact"]);
    assert!(said.contains("files became"), "{said}");
    assert_eq!(content(folder, "lake"), before);
    let after = status(folder);
    assert_eq!(files(&after), after["tables"]["cloudtrail"]["days"].as_u64().unwrap(), "{after:#}");
    assert_eq!(good(folder, &["--lake", "lake", "compact"]), "nothing to compact\n");

    let count =
        |at: &str| good(folder, &["--lake", "lake", "sql", "--at", at, "SELECT count(*) FROM sources"]);
    assert_eq!(count("1").lines().count(), 2);
    assert_eq!(
        count(&version.to_string()),
        good(folder, &["--lake", "lake", "sql", "SELECT count(*) FROM sources"])
    );
    assert_ne!(count("1"), count(&version.to_string()));
    let never = run(folder, &["--lake", "lake", "sql", "--at", "2020-01-01", "SELECT 1"]);
    assert!(never.err.contains("no lake yet"), "{never:?}");
    let report =
        good(folder, &["--lake", "lake", "report", "run", "events_by_day", "--at", "1", "--format", "csv"]);
    assert_ne!(
        report,
        good(folder, &["--lake", "lake", "report", "run", "events_by_day", "--format", "csv"])
    );
}

#[test]
fn expiring_asks_and_says_what_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    many_commits(folder);
    let all = number(folder, "lake", "SELECT count(*) FROM cloudtrail");
    let unasked = run(folder, &["--lake", "lake", "expire", "--before", "2026-09-13"]);
    assert_eq!(unasked.code, Some(1));
    assert!(unasked.out.contains("2026-09-09 to 2026-09-12 (4 days) goes"), "{unasked:?}");
    assert!(unasked.err.contains("--yes"), "{unasked:?}");
    assert_eq!(number(folder, "lake", "SELECT count(*) FROM cloudtrail"), all);
    let missing =
        run(folder, &["--lake", "lake", "expire", "--before", "2026-09-13", "--hold", "case-7", "--yes"]);
    assert!(missing.err.contains("there is no hold case-7"), "{missing:?}");

    good(folder, &["--lake", "lake", "hold", "add", "case-7", "--from", "2026-09-10", "--to", "2026-09-10"]);
    assert_eq!(good(folder, &["--lake", "lake", "hold", "list"]), "case-7: 2026-09-10 to 2026-09-10\n");
    let held = number(folder, "lake", "SELECT count(*) FROM cloudtrail WHERE event_date = '2026-09-10'");
    let young = number(folder, "lake", "SELECT count(*) FROM cloudtrail WHERE event_date >= '2026-09-13'");
    let said =
        good(folder, &["--lake", "lake", "expire", "--before", "2026-09-13", "--hold", "case-7", "--yes"]);
    assert!(said.contains("2026-09-10 is held by case-7"), "{said}");
    assert_eq!(number(folder, "lake", "SELECT count(*) FROM cloudtrail"), held + young);
    let said = good(folder, &["--lake", "lake", "status", "--format", "csv"]);
    assert!(said.contains("expired: 2026-09-11 to 2026-09-12") && !said.contains("gap"), "{said}");
    ingest(folder, "lake", "bucket");
    assert_eq!(
        number(folder, "lake", "SELECT count(*) FROM cloudtrail"),
        held + young,
        "no ingest brings them back"
    );
    let document = status(folder);
    assert_eq!(document["holds"][0]["name"], "case-7");
    assert_eq!(document["tables"]["cloudtrail"]["expired"][0], json!(["2026-09-09", "2026-09-09"]));

    let listed = good(folder, &["--lake", "lake", "vacuum", "--grace", "0s", "--dry-run"]);
    assert!(listed.contains("event_date=2026-09-11/part-"), "{listed}");
    assert!(!listed.contains("event_date=2026-09-10/part-"), "{listed}");
    good(folder, &["--lake", "lake", "vacuum", "--grace", "0s"]);
    assert!(
        !folder
            .join("lake/cloudtrail/event_date=2026-09-11")
            .read_dir()
            .is_ok_and(|mut it| it.next().is_some())
    );
    assert_eq!(number(folder, "lake", "SELECT count(*) FROM cloudtrail"), held + young);
}

/// Every query succeeds and sees each object wholly or not at all.
const WHOLE: &str = "SELECT count(*) AS torn FROM sources LEFT JOIN
    (SELECT source_file, count(*) AS n FROM cloudtrail GROUP BY source_file) ON url = source_file
    WHERE log = 'cloudtrail' AND coalesce(n, 0) <> records - rejected";

fn start(folder: &Path, arguments: &[&str]) -> Child {
    trailql(folder, arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn everything_at_once_with_kills_ends_as_one_clean_run() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_bucket(&folder.join("bucket"));
    ingest_again(folder, "clean");
    let expected = content(folder, "clean");
    let seconds = std::env::var(SECONDS).ok().and_then(|text| text.parse().ok()).unwrap_or(15);
    let end = Instant::now() + Duration::from_secs(seconds);
    let (kills, queries, rounds) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    while Instant::now() < end {
        let lake = format!("lake-{}", rounds.fetch_add(1, Ordering::SeqCst));
        // A lake is there before anybody asks it.
        ingest(folder, &lake, "bucket/AWSLogs/111122223333/CloudTrail/eu-central-1/2026/09/10");
        let done = AtomicBool::new(false);
        let killed = |arguments: &[&str], micros: u64| {
            let mut child = start(folder, arguments);
            std::thread::sleep(Duration::from_micros(micros));
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                kills.fetch_add(1, Ordering::SeqCst);
            }
            child.wait().unwrap();
        };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for part in 1..6 {
                    killed(&["--lake", &lake, "ingest", "bucket", "--memory", "128KiB"], part * 37_000);
                }
                ingest_again(folder, &lake);
                done.store(true, Ordering::SeqCst);
            });
            scope.spawn(|| {
                let mut part = 0;
                while !done.load(Ordering::SeqCst) {
                    part += 1;
                    killed(&["--lake", &lake, "compact"], part * 53_000 % 700_000);
                    good(folder, &["--lake", &lake, "compact"]);
                    // Nothing is that old, but the whole way is gone.
                    good(folder, &["--lake", &lake, "expire", "--before", "2020-01-01", "--yes"]);
                }
            });
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    let torn = rows(folder, &lake, WHOLE);
                    assert_eq!(torn[0]["torn"], 0, "an object is there in part");
                    queries.fetch_add(1, Ordering::SeqCst);
                }
            });
        });
        good(folder, &["--lake", &lake, "compact"]);
        assert_eq!(content(folder, &lake), expected, "{lake}");
        good(folder, &["--lake", &lake, "expire", "--before", "2026-09-12", "--yes"]);
        let left = "SELECT count(*) FROM cloudtrail";
        let young = "SELECT count(*) FROM cloudtrail WHERE event_date >= '2026-09-12'";
        assert_eq!(number(folder, &lake, left), number(folder, "clean", young));
        std::fs::remove_dir_all(folder.join(&lake)).unwrap();
    }
    println!("{rounds:?} lakes, {kills:?} kills, {queries:?} queries beside them");
    assert!(kills.into_inner() > 3 && queries.into_inner() > 3);
}

/// What other engines find in the lake: rows, and how many values a column has that names them.
const OTHERS: &str = r#"
import sys
import deltalake, duckdb, polars
for table, column in [("cloudtrail", "event_id"), ("sources", "url"), ("rejects", "source_file")]:
    path = f"{sys.argv[1]}/{table}"
    dataset = deltalake.DeltaTable(path)
    found = polars.scan_delta(path).select(polars.len(), polars.col(column).n_unique().alias("d")).collect().row(0)
    files = [uri.removeprefix("file://") for uri in dataset.file_uris()]
    scan = duckdb.sql(f"SELECT count(*), count(DISTINCT {column}) FROM read_parquet({files})").fetchall()[0]
    assert found == scan and dataset.count() == scan[0], (table, found, scan, dataset.count())
    print(table, *scan)
"#;

#[test]
fn other_engines_agree_at_every_step() {
    let Some(python) = python::with_packages("engines", PACKAGES) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    many_commits(folder);
    let agree = |step: &str| {
        let output = Command::new(&python).args(["-c", OTHERS]).arg(folder.join("lake")).output().unwrap();
        assert!(output.status.success(), "{step}: {}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        for line in said.lines() {
            let [table, count, distinct] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{said}") };
            let column = match table {
                "cloudtrail" => "event_id",
                "sources" => "url",
                _ => "source_file",
            };
            let query = format!("SELECT count(*) AS n, count(DISTINCT {column}) AS d FROM {table}");
            let ours = rows(folder, "lake", &query);
            assert_eq!(
                json!([ours[0]["n"], ours[0]["d"]]).to_string(),
                format!("[{count},{distinct}]"),
                "{step}: {table}"
            );
        }
        assert_eq!(said.lines().count(), 3);
    };
    agree("ingested");
    good(folder, &["--lake", "lake", "compact"]);
    agree("compacted");
    good(folder, &["--lake", "lake", "hold", "add", "case-7", "--from", "2026-09-10", "--to", "2026-09-10"]);
    agree("held");
    good(folder, &["--lake", "lake", "expire", "--before", "2026-09-13", "--yes"]);
    agree("expired");
    good(folder, &["--lake", "lake", "vacuum", "--grace", "0s"]);
    agree("vacuumed");
    good(folder, &["copy", "lake", "other"]);
    std::fs::remove_dir_all(folder.join("lake")).unwrap();
    std::fs::rename(folder.join("other"), folder.join("lake")).unwrap();
    agree("copied");
}
