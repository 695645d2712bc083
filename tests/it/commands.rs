//! The command line, as transcripts: what is typed, what is said, how it ends.

use std::fmt::Write;
use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::process::Stdio;

use crate::program::Ended;
use crate::program::ingest;
use crate::program::number;
use crate::program::rows;
use crate::program::run;
use crate::program::run_with_input;
use crate::program::trailql;

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/cloudtrail");

/// Every format that is printed as text, and those that are not.
const FORMATS: &[&str] =
    &["table", "csv", "tsv", "json", "ndjson", "markdown", "vertical", "html", "parquet", "arrow"];

/// A folder with a copy of the samples and a lake of them.
fn sample_lake() -> tempfile::TempDir {
    let temporary = sample_folder();
    ingest(temporary.path(), "lake", "samples");
    temporary
}

fn sample_folder() -> tempfile::TempDir {
    let temporary = tempfile::tempdir().unwrap();
    let samples = temporary.path().join("samples");
    std::fs::create_dir(&samples).unwrap();
    for entry in std::fs::read_dir(SAMPLES).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, samples.join(path.file_name().unwrap())).unwrap();
    }
    temporary
}

/// A text without what differs from run to run: the folder, seconds, and sizes of compressed files.
fn settled(folder: &Path, text: &str) -> String {
    let real = folder.canonicalize().unwrap();
    let text = text.replace(real.to_str().unwrap(), "[folder]").replace(folder.to_str().unwrap(), "[folder]");
    let settle = |line: &str| match line.split_once(" uncompressed, ") {
        Some((before, _)) if line.starts_with("bytes ") => {
            format!("{before} uncompressed, [written and seconds]")
        }
        _ => line.to_owned(),
    };
    text.lines().map(settle).collect::<Vec<_>>().join("\n")
}

fn transcript_of(folder: &Path, arguments: &[&str], ended: &Ended) -> String {
    let quoted = |argument: &&str| match argument.contains([' ', '*', ';']) {
        true => format!("\"{argument}\""),
        false => (*argument).to_owned(),
    };
    let typed: Vec<_> = arguments.iter().map(quoted).collect();
    let mut text = format!("$ trailql {}\n", typed.join(" "));
    for said in [&ended.out, &ended.err].into_iter().filter(|said| !said.is_empty()) {
        writeln!(text, "{}", settled(folder, said)).unwrap();
    }
    writeln!(text, "= {}", ended.code.map_or("killed".to_owned(), |code| code.to_string())).unwrap();
    text
}

/// Runs command lines one after the other.
fn transcript(folder: &Path, lines: &[&[&str]]) -> String {
    let run = |arguments: &&[&str]| transcript_of(folder, arguments, &run(folder, arguments));
    lines.iter().map(run).collect::<Vec<_>>().join("\n")
}

fn sql(folder: &Path, queries: &[&str]) -> String {
    let run = |query: &&str| {
        let arguments = ["--lake", "lake", "sql", *query];
        transcript_of(folder, &arguments, &run(folder, &arguments))
    };
    queries.iter().map(run).collect::<Vec<_>>().join("\n")
}

#[test]
fn help_tells_what_each_command_does() {
    let temporary = tempfile::tempdir().unwrap();
    let lines: &[&[&str]] =
        &[&["--help"], &["demo", "--help"], &["ingest", "--help"], &["sql", "--help"], &["status", "--help"]];
    insta::assert_snapshot!(transcript(temporary.path(), lines));
}

#[test]
fn an_ingest_sums_up_what_it_did() {
    let temporary = sample_folder();
    let ingest: &[&str] = &["--lake", "lake", "ingest", "samples"];
    insta::assert_snapshot!(transcript(temporary.path(), &[ingest, ingest]));
}

#[test]
fn rows_can_be_asked_for() {
    let temporary = sample_lake();
    insta::assert_snapshot!(sql(
        temporary.path(),
        &[
            "SELECT event_date, event_time, event_name, principal, outcome FROM cloudtrail ORDER BY event_id",
            "SELECT event->>'futureField' AS field, event->'userIdentity'->>'userName' AS name FROM cloudtrail_json
             WHERE event_id LIKE '00000005%'",
            "SELECT regexp_replace(url, '^.*/', '') AS file, status, detail, records, rejected FROM sources ORDER BY 1",
            "SELECT position, reason FROM rejects ORDER BY 1; SELECT count(*) AS n FROM cloudtrail;",
            "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
        ]
    ));
}

#[test]
fn a_wrong_command_line_ends_with_2_and_a_failure_with_1() {
    let temporary = sample_lake();
    insta::assert_snapshot!(transcript(
        temporary.path(),
        &[
            &[],
            &["ingset"],
            &["ingest"],
            &["sql", "--format", "xml", "SELECT 1"],
            &["ingest", "samples", "--since", "yesterday"],
            &["ingest", "samples", "--memory", "lots"],
            &["sql", "SELECT 1", "-f", "q.sql"],
            &["sql", "SELECT 1"],
            &["status"],
            &["ingest", "nowhere"],
            &["--lake", "s4://bucket", "status"],
            &["--lake", "lake", "ingest", "samples", "--since", "2026-09-18", "--until", "2026-09-17"],
            &["--lake", "lake", "sql", "-f", "missing.sql"],
            &["--lake", "lake", "sql", " "],
            &["--lake", "lake", "sql", "--format", "parquet", "SELECT 1; SELECT 2"],
        ]
    ));
}

#[test]
fn wrong_sql_is_explained() {
    let temporary = sample_lake();
    insta::assert_snapshot!(sql(
        temporary.path(),
        &[
            "SELECT * FROM cloudtrial",
            "SELECT event_nmae FROM cloudtrail",
            "SELEC 1",
            "SELECT count(* FROM cloudtrail",
            "SELECT ip_is_privat(source_ip) FROM cloudtrail",
            "SELECT CAST('twelve' AS INT)",
        ]
    ));
}

#[test]
fn what_would_write_is_refused() {
    let temporary = sample_lake();
    let folder = temporary.path();
    let before = number(folder, "lake", "SELECT count(*) FROM cloudtrail");
    let queries = [
        "CREATE TABLE t AS SELECT 1",
        "CREATE VIEW v AS SELECT 1",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION 'samples'",
        "CREATE SCHEMA s",
        "CREATE FUNCTION f() RETURNS INT RETURN 1",
        "DROP TABLE cloudtrail",
        "INSERT INTO rejects SELECT * FROM rejects",
        "DELETE FROM cloudtrail",
        "UPDATE cloudtrail SET event_name = 'x'",
        "TRUNCATE TABLE cloudtrail",
        "EXPLAIN DELETE FROM cloudtrail",
        "EXPLAIN ANALYZE INSERT INTO rejects SELECT * FROM rejects",
        "PREPARE p AS SELECT 1",
        "SET datafusion.execution.batch_size = 1",
        "RESET datafusion.execution.batch_size",
        "COPY (SELECT 1) TO 's3://bucket/file.csv'",
        "COPY (SELECT 1) TO 'lake/cloudtrail/file.parquet'",
        "COPY (SELECT 1) TO 'samples/../lake/file.parquet'",
        "COPY cloudtrail TO 'lake'",
    ];
    insta::assert_snapshot!(sql(folder, &queries));
    assert_eq!(number(folder, "lake", "SELECT count(*) FROM cloudtrail"), before);
    assert!(!folder.join("lake/cloudtrail/file.parquet").exists());
}

#[test]
fn sql_comes_from_an_argument_a_file_or_standard_input() {
    let temporary = sample_lake();
    let folder = temporary.path();
    let query = "SELECT count(*) AS n -- all; of them\nFROM cloudtrail;\n";
    std::fs::write(folder.join("question.sql"), query).unwrap();
    let expected = "n\n8\n";
    assert_eq!(run(folder, &["--lake", "lake", "sql", query]).out, expected);
    assert_eq!(run(folder, &["--lake", "lake", "sql", "-f", "question.sql"]).out, expected);
    assert_eq!(run_with_input(folder, &["--lake", "lake", "sql"], query.as_bytes()).out, expected);
    let two = run(folder, &["--lake", "lake", "sql", "SELECT 1 AS a; SELECT 2 AS b"]);
    assert_eq!(two.out, "a\n1\n\nb\n2\n");
}

#[test]
fn the_lake_comes_from_the_flag_the_variable_or_the_current_folder() {
    let temporary = sample_folder();
    let folder = temporary.path();
    let with_variable = |arguments: &[&str]| -> Ended {
        trailql(folder, arguments).env("TRAILQL_LAKE", "by-variable").output().unwrap().into()
    };
    assert_eq!(with_variable(&["ingest", "samples"]).code, Some(3));
    assert_eq!(with_variable(&["--lake", "by-flag", "ingest", "samples/digest.json"]).code, Some(0));
    assert_eq!(run(folder, &["ingest", "samples/damaged.json"]).code, Some(3));
    let count = "SELECT count(*) FROM cloudtrail";
    let counts = ["by-variable", "by-flag", "trailql-lake"].map(|lake| number(folder, lake, count));
    assert_eq!(counts, [8, 0, 2]);
    let url = format!("file://{}/by-variable", folder.canonicalize().unwrap().display());
    assert_eq!(number(folder, &url, count), 8);
}

#[test]
fn standard_input_is_ingested_once() {
    let temporary = sample_folder();
    let folder = temporary.path();
    for name in
        ["damaged.json", "111122223333_CloudTrail_eu-central-1_20260917T0010Z_Xq3vPzr81kLmN0aB.json.gz"]
    {
        let bytes = std::fs::read(folder.join("samples").join(name)).unwrap();
        let first = run_with_input(folder, &["--lake", "lake", "ingest", "-"], &bytes);
        assert!(first.out.starts_with("objects  1 = 1 read\n"), "{first:?}");
        let second = run_with_input(folder, &["--lake", "lake", "ingest", "-"], &bytes);
        assert!(second.out.starts_with("objects  1 = 0 read + 1 already in the lake\n"), "{second:?}");
    }
    assert_eq!(number(folder, "lake", "SELECT count(*) FROM cloudtrail"), 8);
}

#[test]
fn patterns_choose_files_and_an_object_named_twice_is_read_once() {
    let temporary = sample_folder();
    let folder = temporary.path();
    std::fs::create_dir_all(folder.join("samples/2026/09")).unwrap();
    std::fs::copy(folder.join("samples/damaged.json"), folder.join("samples/2026/09/deep.json")).unwrap();
    let objects = |lake: &str, sources: &[&str]| {
        let arguments: Vec<_> = ["--lake", lake, "ingest"].iter().chain(sources).copied().collect();
        run(folder, &arguments).out.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(objects("a", &["samples/*.gz"]), "objects  1 = 1 read");
    assert_eq!(objects("b", &["samples/d*.json"]), "objects  2 = 2 read");
    assert_eq!(objects("c", &["samples/**/*.json"]), "objects  3 = 3 read");
    assert_eq!(
        objects("d", &["samples/damaged.json", "samples", "./samples/d*"]),
        "objects  5 = 4 read + 1 ignored"
    );
    assert_eq!(objects("e", &["samples/*.xz"]), "");
}

#[test]
fn times_choose_objects() {
    let temporary = sample_folder();
    let folder = temporary.path();
    let days = |lake: &str, times: &[&str]| {
        let arguments: Vec<_> = ["--lake", lake, "ingest", "samples"].iter().chain(times).copied().collect();
        assert!(matches!(run(folder, &arguments).code, Some(0 | 3)));
        let days = rows(folder, lake, "SELECT DISTINCT event_date::text AS day FROM cloudtrail ORDER BY 1");
        days.iter().map(|row| row["day"].as_str().unwrap_or("none").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(days("late", &["--since", "2026-09-18"]), ["2026-09-18"]);
    assert_eq!(days("early", &["--until", "2026-09-17T12:00:00Z"]), ["2026-09-16", "2026-09-17", "none"]);
    assert_eq!(days("none", &["--since", "2026-09-19T00:00:00+02:00"]), Vec::<String>::new());
}

#[test]
fn every_format_prints() {
    let temporary = sample_lake();
    let folder = temporary.path();
    let query = "SELECT event_name, event_time, read_only FROM cloudtrail ORDER BY event_id LIMIT 2";
    let mut text = String::new();
    for format in FORMATS {
        let arguments = ["--lake", "lake", "sql", "--format", *format, query];
        let output = trailql(folder, &arguments).output().unwrap();
        assert!(output.status.success() && !output.stdout.is_empty(), "{format}");
        match *format {
            "parquet" => assert!(output.stdout.starts_with(b"PAR1") && output.stdout.ends_with(b"PAR1")),
            "arrow" => assert!(output.stdout.starts_with(b"ARROW1") || output.stdout.starts_with(&[0xff; 4])),
            _ => text += &(transcript_of(folder, &arguments, &output.into()) + "\n"),
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn copy_writes_local_files() {
    let temporary = sample_lake();
    let folder = temporary.path();
    for (file, start) in
        [("out.csv", "event_id"), ("out.json", "{"), ("out.parquet", "PAR1"), ("lake-report.csv", "event_id")]
    {
        let query = format!("COPY (SELECT event_id, event_name FROM cloudtrail) TO '{file}'");
        let ended = run(folder, &["--lake", "lake", "sql", &query]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(0), "count\n8\n"), "{}", ended.err);
        assert!(std::fs::read(folder.join(file)).unwrap().starts_with(start.as_bytes()), "{file}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let temporary = sample_lake();
    let query = "SELECT a.value FROM generate_series(1, 3000000) AS a";
    for format in ["csv", "ndjson", "vertical"] {
        let mut command = trailql(temporary.path(), &["--lake", "lake", "sql", "--format", format, query]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        // The reader is dropped after one line, and with it the pipe.
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ended: Ended = child.wait_with_output().unwrap().into();
        assert!(!line.is_empty());
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{format}");
    }
}

#[test]
fn a_pipe_gets_no_colours() {
    let temporary = sample_lake();
    for value in ["", "1"] {
        let arguments = ["--lake", "lake", "sql", "--format", "table", "SELECT 1 AS one, NULL AS none"];
        let output = trailql(temporary.path(), &arguments).env("NO_COLOR", value).output().unwrap();
        assert!(output.status.success() && !output.stdout.contains(&0x1b), "NO_COLOR={value:?}");
    }
}

#[test]
fn the_demo_runs_twice_and_tells_the_same_story() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let first = run(folder, &["demo"]);
    let second = run(folder, &["demo"]);
    assert_eq!((first.code, second.code), (Some(0), Some(0)), "{first:?} {second:?}");
    // All but the summary of the ingest, which finds nothing new the second time.
    let story = |ended: &Ended| {
        let line = |line: &&str| {
            !["objects ", "records ", "bytes ", "digests ", "ignored "]
                .iter()
                .any(|start| line.starts_with(start))
        };
        ended.out.lines().filter(line).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(story(&first), story(&second));
    let wide: Vec<_> = story(&first).into_iter().filter(|line| line.chars().count() > 100).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    insta::assert_snapshot!(story(&first).join("\n"));
    assert!(second.out.contains("= 0 read + "), "{}", second.out);
    assert_eq!(run(folder, &["--lake", "trailql-demo/lake", "status"]).code, Some(0));
}
