//! Reports as people meet them: on the command line, in SQL, and with files of their own.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::util::pretty::pretty_format_batches;
use futures::TryStreamExt;
use tempfile::TempDir;
use trailql::ingest;
use trailql::ingest::Options;
use trailql::ingest::Progress;
use trailql::ingest::Source;
use trailql::reports::Registry;
use trailql::session::Session;

use crate::program::ingest as ingest_with_program;
use crate::program::run;
use crate::program::trailql;
use crate::reports::lake;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/reports");

const OWN: &str = "-- title: Calls of one name\n-- description: Counts betelgeuse.\n-- severity: low\n\
    -- param: called text = 'StopLogging' -- The name\n\n\
    SELECT event_name, count(*) AS calls FROM reports.trail_changes WHERE event_name = $called GROUP BY event_name\n";

/// A folder with reports: path and text of each.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let temporary = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = temporary.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    temporary
}

/// A folder with a lake of the events made for two reports.
fn small_lake() -> TempDir {
    let temporary = tempfile::tempdir().unwrap();
    std::fs::create_dir(temporary.path().join("events")).unwrap();
    for name in ["logging/trail_changes", "iam/access_keys_created"] {
        let text = std::fs::read_to_string(format!("{FIXTURES}/{name}.ndjson")).unwrap();
        let to = temporary.path().join("events").join(name.replace('/', "_")).with_extension("json");
        std::fs::write(to, text).unwrap();
    }
    ingest_with_program(temporary.path(), "lake", "events");
    temporary
}

fn transcript(folder: &Path, commands: &[&[&str]]) -> String {
    let real = folder.canonicalize().unwrap();
    let mut text = String::new();
    for arguments in commands {
        let ended = run(folder, arguments);
        writeln!(text, "$ trailql {}", arguments.join(" ")).unwrap();
        text.extend([ended.out.as_str(), ended.err.as_str()]);
        writeln!(text, "ends with {}\n", ended.code.unwrap()).unwrap();
    }
    text.replace(real.to_str().unwrap(), "[folder]")
}

#[test]
fn reports_are_listed_and_shown() {
    let here = tempfile::tempdir().unwrap();
    let commands: &[&[&str]] = &[
        &["report", "list", "--search", "root_console bypasses t1078"],
        &["report", "list", "--search", "no-such-words"],
        &["report", "list", "--search", "root_console bypasses t1078", "--format", "ndjson"],
        &["report", "show", "root_console_sign_ins"],
        &["report", "show", "root_console_signins"],
        &["report", "show", "nothing_like_it_at_all"],
    ];
    insta::assert_snapshot!(transcript(here.path(), commands));
}

#[test]
fn reports_are_run_with_values() {
    let here = small_lake();
    let commands: &[&[&str]] = &[
        &["--lake", "lake", "report", "run", "trail_changes", "--until", "2026-09-17T01:41:30Z"],
        &[
            "--lake",
            "lake",
            "report",
            "run",
            "access_keys_created",
            "--param",
            "user=alice",
            "--format",
            "ndjson",
        ],
        &["--lake", "lake", "report", "run", "user_activity", "--param", "who=alice"],
        &["--lake", "lake", "report", "run", "trail_changes", "events_by_day", "--region", "eu-west-1"],
        &["--lake", "lake", "report", "run", "user_activity"],
        &["--lake", "lake", "report", "run", "trail_changes", "--param", "usr=alice"],
        &["--lake", "lake", "report", "run", "access_keys_created", "--param", "usr=alice"],
        &["--lake", "lake", "report", "run", "denied_bursts", "--param", "at_least=many"],
        &["--lake", "lake", "report", "run", "denied_bursts", "--param", "window=1 hour"],
        &["--lake", "lake", "report", "run", "trail_change"],
        &["--lake", "lake", "report", "run"],
        &["--lake", "lake", "report", "run", "--all"],
    ];
    insta::assert_snapshot!(transcript(here.path(), commands));
}

#[test]
fn all_reports_go_into_a_folder_with_an_index() {
    let here = small_lake();
    let own = "-- title: Fails\n-- description: Divides by zero.\n-- severity: critical\n\n\
        SELECT max(event_time) AS event_time, count(*) / (count(*) - count(*)) FROM cloudtrail\n";
    let whole =
        "-- title: Whole\n-- description: Counts.\n-- severity: info\n\nSELECT count(*) AS n FROM sources\n";
    std::fs::create_dir(here.path().join("mine")).unwrap();
    std::fs::write(here.path().join("mine/fails.sql"), own).unwrap();
    std::fs::write(here.path().join("mine/whole.sql"), whole).unwrap();
    std::fs::create_dir_all(here.path().join("out/iam")).unwrap();
    std::fs::write(here.path().join("out/iam/access_keys_created.csv"), "of yesterday").unwrap();
    let all = ["--lake", "lake", "--reports", "mine", "report", "run", "--all", "--out", "out", "--until"];
    let ended = run(here.path(), &[&all[..], &["2026-09-17T00:30:00Z"]].concat());
    assert_eq!(ended.code, Some(0), "nothing is left to divide: {ended:?}");
    assert!(
        !here.path().join("out/iam/access_keys_created.csv").exists(),
        "what was found before is not there now"
    );

    let ended = run(here.path(), &[&all[..], &["2026-09-18"]].concat());
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.err.contains("error: the report fails") && ended.err.contains("division by zero"),
        "{ended:?}"
    );
    assert!(ended.out.contains("(logging/trail_changes.csv)"), "{ended:?}");
    let file = std::fs::read_to_string(here.path().join("out/logging/trail_changes.csv")).unwrap();
    assert_eq!(file.lines().count(), 5, "{file}");
    let index = std::fs::read_to_string(here.path().join("out/index.csv")).unwrap();
    let mut lines = index.lines();
    assert_eq!(lines.next(), Some("severity,group,name,title,rows,file,error,mitre"));
    assert!(lines.next().unwrap().starts_with("critical,"), "the worst is first: {index}");
    assert!(index.contains("\ncritical,own,fails,Fails,,,"), "{index}");
    assert!(index.contains(
        "high,logging,trail_changes,Changes to CloudTrail itself,4,logging/trail_changes.csv,,T1562.008"
    ));
    let page = std::fs::read_to_string(here.path().join("out/index.html")).unwrap();
    assert!(
        page.contains("<a href=\"logging/trail_changes.csv\">Changes to CloudTrail itself</a>"),
        "{page}"
    );
    let parts = std::fs::read_dir(here.path().join("out/own")).map_or(0, Iterator::count);
    assert_eq!(parts, 0, "nothing half-written stays");
}

#[test]
fn own_reports_are_like_the_bundled_ones() {
    let here = small_lake();
    let write = |path: &str, text: &str| {
        let path = here.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("config/trailql/reports/cases/calls_of_one_name.sql", OWN);
    write("mine/user_activity.sql", &OWN.replace("Calls of", "My own calls of"));
    let at_home = |arguments: &[&str]| {
        let mut command = trailql(here.path(), arguments);
        let ended = command.env("XDG_CONFIG_HOME", here.path().join("config")).output().unwrap();
        let text = [ended.stdout, ended.stderr].concat();
        let real = here.path().canonicalize().unwrap();
        String::from_utf8(text).unwrap().replace(real.to_str().unwrap(), "[folder]")
    };
    let mut text = at_home(&["--reports", "mine", "report", "list", "--search", "betelgeuse"]);
    text += &at_home(&["--lake", "lake", "sql", "SELECT * FROM reports.calls_of_one_name"]);
    text += &at_home(&[
        "--lake",
        "lake",
        "sql",
        "SELECT calls FROM report('calls_of_one_name', 'called=DeleteTrail')",
    ]);
    text += &at_home(&["--lake", "lake", "--reports", "mine", "report", "run", "user_activity"]);

    // A technique that is not in the list is remarked upon.
    let newer = OWN.replace("-- severity: low", "-- severity: low\n-- mitre: T1685.002, T1999");
    write("config/trailql/reports/cases/calls_of_one_name.sql", &newer);
    text += &at_home(&["report", "list", "--search", "betelgeuse"]);
    text += &at_home(&["report", "show", "calls_of_one_name"]);

    // One that is broken is told, and stops nothing else.
    write("config/trailql/reports/cases/broken.sql", "-- title: T\n-- severity: low\nSELECT 1");
    text += &at_home(&["--lake", "lake", "sql", "SELECT calls FROM reports.calls_of_one_name"]);
    text += &at_home(&["--lake", "lake", "sql", "SELECT * FROM reports.broken"]);
    text += &at_home(&["report", "list", "--search", "betelgeuse"]);
    text += &at_home(&["--reports", "nowhere", "report", "list"]);
    insta::assert_snapshot!(text);
}

/// A session over the events made for two reports, with reports of its own.
async fn session(files: &[(&str, &str)]) -> Session {
    let lake = lake().await;
    for name in ["logging/trail_changes", "iam/access_keys_created"] {
        let text = std::fs::read_to_string(format!("{FIXTURES}/{name}.ndjson")).unwrap();
        let events: Vec<_> = text.lines().filter(|line| line.starts_with('{')).collect();
        let found = Source::inline(name, events.join("\n").into_bytes());
        ingest::run(&lake, vec![found], &Options::default(), &Arc::new(Progress::default())).await.unwrap();
    }
    let mut registry = Registry::bundled();
    if !files.is_empty() {
        registry = registry.with_folder(folder(files).path().to_str().unwrap()).await.unwrap();
    }
    Session::with_reports(lake, 1 << 28, Arc::new(registry)).unwrap()
}

async fn answer(session: &Session, query: &str) -> String {
    let mut text = String::new();
    for statement in Session::parse(query).unwrap() {
        let rows =
            async { Ok::<_, trailql::Error>(session.run(statement).await?.try_collect::<Vec<_>>().await?) };
        match rows.await {
            Ok(rows) => writeln!(text, "{}", pretty_format_batches(&rows).unwrap()).unwrap(),
            Err(error) => writeln!(text, "{error}; {}", error.hint().unwrap_or("no hint")).unwrap(),
        }
    }
    text
}

#[tokio::test]
async fn reports_are_views_and_a_function() {
    let session = session(&[]).await;
    let queries = [
        "SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE table_name IN ('trail_changes', 'user_activity', 'reports') ORDER BY 1",
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'reports' AND table_name = 'events_by_day' ORDER BY ordinal_position",
        "SELECT title, severity, mitre, is_view FROM reports WHERE name = 'trail_changes'",
        "SELECT r.name, m.* FROM reports AS r JOIN mitre AS m ON array_has(r.mitre, m.id) WHERE r.name IN ('trail_changes', 'root_console_sign_ins') ORDER BY 1",
        "SELECT event_time, event_name, outcome FROM reports.trail_changes WHERE outcome = 'denied'",
        "SELECT event_name, outcome FROM report('trail_changes', 'since=2026-09-17T01:42:00Z', 'until=2026-09-17T01:43:00Z')",
        "SELECT count(*) AS rows FROM report('iam/access_keys_created', 'user=' || 'alice')",
        "SELECT count(*) AS rows FROM trailql.reports.access_keys_created AS k JOIN reports.trail_changes USING (principal)",
        "SELECT * FROM report()",
        "SELECT * FROM report('trail_changes', 'since')",
        "SELECT * FROM report('trail_changes', 'since=never')",
        "SELECT * FROM report('trail_changes', 'who=alice')",
        "SELECT * FROM report('trail_change')",
        "SELECT * FROM report('user_activity')",
        "SELECT * FROM reports.user_activity",
        "SELECT * FROM reports.trail_change",
        "SELECT r.* FROM cloudtrail, report(event_name) AS r",
        "DESCRIBE reports.events_by_day",
        "SHOW COLUMNS FROM reports.trail_change",
        "EXPLAIN FORMAT TREE SELECT * FROM reports.no_such_thing",
    ];
    let mut text = String::new();
    for query in queries {
        writeln!(text, "{query}\n{}", answer(&session, query).await).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn outer_filters_and_live_defaults_reach_the_scan() {
    let recent = "-- title: Recent\n-- description: Lists.\n-- severity: low\n\
        -- param: since timestamp = now() - INTERVAL '7 days' -- From when\n\nSELECT event_id, event_name, event_time FROM cloudtrail WHERE event_time >= $since\n";
    let session = session(&[("recent.sql", recent)]).await;
    let plan = answer(
        &session,
        "EXPLAIN VERBOSE SELECT event_id FROM reports.recent WHERE event_name = 'StopLogging'",
    )
    .await;
    assert!(
        plan.contains("now() -") || plan.contains("DataSourceExec") || plan.contains("EmptyExec"),
        "{plan}"
    );
    let plan = answer(
        &session,
        "EXPLAIN SELECT event_id FROM reports.trail_changes WHERE account_id = '111122223333' AND event_time >= '2026-09-17T01:41:00Z'",
    )
    .await;
    let scan = plan.lines().find(|line| line.contains("DataSourceExec")).unwrap_or_default();
    let predicate = scan.split("predicate=").nth(1).unwrap_or_default();
    assert!(predicate.contains("account_id@") && predicate.contains("event_time@"), "{plan}");
    assert!(!plan.contains("NULL"), "defaults of NULL leave nothing behind: {plan}");
}

#[tokio::test]
async fn reports_select_from_each_other_but_not_in_circles() {
    let report = |sql: &str| format!("-- title: T\n-- description: D.\n-- severity: low\n\n{sql}\n");
    let (a, b, c) = (
        report("SELECT * FROM reports.b"),
        report("SELECT * FROM report('a')"),
        report(
            "SELECT count(*) AS n FROM reports.trail_changes JOIN report('access_keys_created', 'user=alice') USING (account_id)",
        ),
    );
    let d = report("SELECT nothing FROM reports.c");
    let e = report("WITH a AS (SELECT 1 AS one) SELECT * FROM a");
    let f = report("SELECT event_id FROM reports.user_activity");
    let g = report("SELECT 7 AS days LIMIT $most")
        .replace("low\n", "low\n-- param: most integer = 1 + 1 -- Rows\n");
    let files = [
        ("a.sql", &a),
        ("b.sql", &b),
        ("c.sql", &c),
        ("d.sql", &d),
        ("e.sql", &e),
        ("f.sql", &f),
        ("g.sql", &g),
    ];
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let session = session(&files).await;
    let mut text = String::new();
    for query in [
        "reports.a",
        "report('b')",
        "reports.c",
        "reports.d",
        "reports.e",
        "reports.f",
        "reports.g",
        "report('g', 'most=0')",
    ] {
        let rows = answer(&session, &format!("SELECT * FROM {query}")).await;
        writeln!(text, "{query}\n{rows}").unwrap();
    }
    // What is wrong with one does not hide the others.
    text += &answer(
        &session,
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_name IN ('a', 'c', 'd') ORDER BY 1",
    )
    .await;
    insta::assert_snapshot!(without_folders(&text));
}

/// A text in which of every path in brackets only the name of the file is left.
fn without_folders(text: &str) -> String {
    let mut parts = text.split("(/");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (path, rest) = part.split_once(')').unwrap();
        format!("{text}({}){rest}", path.rsplit('/').next().unwrap())
    })
}
