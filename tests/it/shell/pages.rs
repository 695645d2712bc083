//! What is shown: tables, charts, help, files, and never a byte of a log that acts on the terminal.

use super::Terminal;
use super::demo;
use super::number;
use crate::program::run;
use crate::program::run_with_input;

#[test]
fn the_last_result_is_drawn_profiled_and_copied() {
    let folder = demo();
    let mut shell = Terminal::open(folder.path());
    shell.ask("SELECT event_name, count(*) AS calls FROM cloudtrail GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3;");
    let shown = shell.ask(".chart");
    assert!(shown.contains("calls\n") && shown.matches("│█").count() == 3, "{shown}");
    let shown = shell.ask(".profile");
    assert!(shown.contains("bytes read") && shown.contains("row groups"), "{shown}");
    let shown = shell.ask(".copy top.csv");
    assert!(shown.contains("3 rows in top.csv"), "{shown}");
    let copied = std::fs::read_to_string(folder.path().join("top.csv")).unwrap();
    assert!(copied.starts_with("event_name,calls\n") && copied.lines().count() == 4, "{copied}");
    let shown = shell.ask(".copy demo/lake/cloudtrail/x.csv");
    assert!(shown.contains("it lies inside the lake"), "{shown}");
    let shown = shell.ask(".watch 1 2");
    assert_eq!(shown.matches("(3 rows)").count(), 2, "{shown}");
    shell.ask("SELECT event_time FROM cloudtrail WHERE event_name = 'TerminateInstances';");
    let shown = shell.ask(".chart timeline");
    assert!(shown.contains("rows in each"), "{shown}");
    shell.leave();
}

#[test]
fn tables_fit_the_screen_and_wide_ones_can_be_expanded() {
    let folder = demo();
    let mut shell = Terminal::open_with(folder.path(), (80, 24), &[]);
    let shown = shell.ask("SELECT * FROM cloudtrail ORDER BY event_id;");
    assert!(shown.contains("rows hidden") && shown.contains("columns shown"), "{shown}");
    assert!(shown.contains("timestamp") && shown.contains("text"), "{shown}");
    // The whole of it fits, header and all: the first line is still on the screen.
    assert!(shell.screen.screen().contents().contains("event_time"), "{}", shell.screen.screen().contents());
    shell.ask(".expanded auto");
    let shown = shell.ask("SELECT * FROM cloudtrail ORDER BY event_id LIMIT 1;");
    assert!(shown.contains("-[ RECORD 1 ]") && shown.contains("\nuser_agent"), "{shown}");
    let shown = shell.ask("SELECT 1 AS n;");
    assert!(!shown.contains("RECORD") && number(&shown) == 1, "{shown}");
    shell.ask(".help");
    let screen = shell.screen.screen().contents();
    assert!(screen.contains("trailql> .help\nSQL ends with ;") && screen.ends_with("trailql> "), "{screen}");
    let shown = shell.ask(".help chart");
    assert!(shown.contains("Example"), "{shown}");
    shell.leave();
}

#[test]
fn long_output_goes_through_a_pager() {
    let folder = demo();
    let mut shell = Terminal::open_with(
        folder.path(),
        (80, 24),
        &[("TRAILQL_PAGER", "sed 's/^/paged: /'"), ("PATH", "/usr/bin:/bin")],
    );
    let shown = shell.ask(".describe cloudtrail");
    assert!(shown.contains("paged: event_time"), "{shown}");
    let shown = shell.ask("SELECT 1 AS n;");
    assert!(!shown.contains("paged:"), "{shown}");
    shell.leave();
}

#[test]
fn a_log_never_acts_on_the_terminal() {
    let folder = demo();
    let hostile = folder.path().join("hostile");
    std::fs::create_dir(&hostile).unwrap();
    let event = serde_json::json!({"Records": [{
        "eventVersion": "1.08", "eventTime": "2026-09-17T01:00:00Z", "eventID": "hostile",
        "eventSource": "s3.amazonaws.com", "eventName": "Get\u{1b}]0;owned\u{7}", "awsRegion": "us-east-1",
        "userAgent": "\u{1b}[2J\u{9b}31m\u{202e}\r\nfake> ", "errorMessage": "\u{1b}c",
        "requestParameters": {"k": "\u{1b}[31m"},
    }]});
    std::fs::write(hostile.join("a.json"), event.to_string()).unwrap();
    let ended = run(folder.path(), &["--lake", "demo/lake", "ingest", "hostile"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let mut shell = Terminal::open(folder.path());
    let query = "SELECT event_name, user_agent, request_parameters, error_message FROM cloudtrail WHERE event_id = 'hostile'";
    for mode in ["table", "csv", "tsv", "json", "ndjson", "markdown", "vertical", "html"] {
        shell.ask(&format!(".mode {mode}"));
        let shown = shell.ask(&format!("{query};"));
        assert!(shown.contains("owned"), "{mode}: {shown}");
    }
    shell.ask(".mode table");
    shell.ask(".chart bar event_name");
    shell.ask("SELECT event_name, 1 AS n FROM cloudtrail WHERE event_id = 'hostile';");
    assert!(shell.ask(".chart").contains("owned"));
    // An error that quotes a value.
    let shown = shell.ask("SELECT CAST(user_agent AS INT) FROM cloudtrail WHERE event_id = 'hostile';");
    assert!(shown.contains("cannot cast"), "{shown}");
    let raw = String::from_utf8_lossy(&shell.leave()).into_owned();
    for acts in ["\u{1b}]0;", "\u{1b}[2J", "\u{1b}c", "\u{9b}31m", "\u{202e}", "\u{1b}[31m"] {
        assert!(!raw.contains(acts), "{acts:?} reached the terminal");
    }
}

#[test]
fn scripts_take_statements_and_commands_and_end_with_a_code() {
    let folder = demo();
    let lake = ["--lake", "demo/lake", "sql"];
    let script = b"-- a script\n.mode json\nSELECT 1 AS a;\n.once out.csv\nSELECT ';' AS b;\nSELECT 2 AS c";
    let ended = run_with_input(folder.path(), &lake, script);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert!(ended.out.contains("{\"a\":1}") && ended.out.contains("{\"c\":2}"), "{}", ended.out);
    assert!(!ended.out.contains("trailql>") && !ended.out.contains('\u{1b}'), "{}", ended.out);
    assert_eq!(std::fs::read_to_string(folder.path().join("out.csv")).unwrap(), "b\n;\n");
    // What is wrong anywhere is told before anything runs, with its line.
    let ended = run_with_input(folder.path(), &lake, b"SELECT 1;\nSELEC 2;\n");
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    assert!(ended.err.contains("line 2: SELEC 2"), "{}", ended.err);
    let arguments = ["--lake", "demo/lake", "sql", "-c", ".mode csv", "-c", "SELECT 1 AS a", "-c", ".tabels"];
    let ended = run(folder.path(), &arguments);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), "a\n1\n"));
    assert!(ended.err.contains("did you mean .tables?"), "{}", ended.err);
    let ended = run(
        folder.path(),
        &["--lake", "demo/lake", "sql", "--csv-safe", "SELECT '=1+1' AS f, -1 AS n, '-x' AS t"],
    );
    assert_eq!(ended.out, "f,n,t\n'=1+1,-1,'-x\n");
}
