//! What is typed, and what comes of it.

use super::Terminal;
use super::demo;
use super::number;

const COUNT: &str = "SELECT count(*) AS n FROM cloudtrail;";

#[test]
fn what_is_typed_is_completed() {
    let folder = demo();
    let mut shell = Terminal::open(folder.path());
    shell.send("SELECT max(event_ti\t");
    shell.wait_on_screen("max(event_time");
    shell.send(") FROM cloudtr\t");
    // There is cloudtrail_json too, so it stops where they part.
    shell.wait_on_screen("FROM cloudtrail");
    assert!(shell.ask(";").contains("2026-"));
    // Values come from the lake in the background; whoever presses the key early presses it again.
    shell.send("SELECT count(*) FROM cloudtrail WHERE event_name = 'TerminateInst");
    shell.wait_on_screen("TerminateInst");
    while !shell.screen.screen().contents().contains("TerminateInstances'") {
        shell.send("\t");
        // Either the value or a bell comes.
        shell.pump();
    }
    shell.ask(";");
    shell.send(".descr\t");
    shell.wait_on_screen(".describe ");
    shell.send("sourc\t");
    assert!(shell.ask("").contains("sha256"));
    shell.leave();
}

#[test]
fn a_statement_goes_over_lines_and_quotes() {
    let folder = demo();
    let mut shell = Terminal::open(folder.path());
    shell.send("SELECT 'one;\r");
    shell.wait_on_screen("a semicolon ends the statement");
    shell.send("two' AS text, -- not; here\r");
    shell.send("count(*) AS n FROM cloudtrail\r");
    let shown = shell.ask("WHERE event_name = 'RunInstances';");
    assert!(shown.contains("one;\\ntwo") && shown.contains("(1 row)"), "{shown}");
    // Ctrl-C drops what is half typed.
    shell.send("SELECT nonsense\r");
    shell.send("FROM\u{3}");
    shell.prompt();
    let shown = shell.ask("SELECT 41 + 1 AS n\\G");
    assert!(shown.contains("-[ RECORD 1 ]") && shown.contains("n | 42"), "{shown}");
    shell.leave();
}

#[test]
fn a_long_query_is_stopped_and_the_next_one_runs() {
    let folder = demo();
    let mut shell = Terminal::open(folder.path());
    let join = "SELECT count(*) FROM cloudtrail a, cloudtrail b, cloudtrail c WHERE a.event_time < b.event_time + c.event_time - a.event_time";
    shell.send("SELECT count(*) FROM cloudtrail AS a, cloudtrail AS b, cloudtrail AS c, cloudtrail AS d WHERE a.event_id <> b.event_id || c.event_id || d.event_id;\r");
    // The progress line says how to stop it.
    shell.wait_on_screen("Ctrl-C stops");
    let before = std::time::Instant::now();
    shell.send("\u{3}");
    let shown = shell.prompt();
    assert!(shown.contains("stopped after"), "{shown}");
    // On a machine that does nothing else it is a few hundredths of a second.
    assert!(before.elapsed() < std::time::Duration::from_secs(20), "{:?}", before.elapsed());
    assert_eq!(number(&shell.ask(COUNT)), 4187);
    let shown = shell.ask(&format!("{join} AND x;"));
    assert!(shown.contains("no column named x") || shown.contains("error"), "{shown}");
    assert_eq!(number(&shell.ask(COUNT)), 4187);
    shell.leave();
}

#[test]
fn the_format_is_chosen_and_reports_take_values() {
    let folder = demo();
    let mut shell = Terminal::open(folder.path());
    shell.ask(".mode ndjson");
    let shown = shell.ask("SELECT 1 AS a, 'x' AS b;");
    assert!(shown.contains(r#"{"a":1,"b":"x"}"#), "{shown}");
    let shown = shell.ask(".mode jsno");
    assert!(shown.contains("did you mean json"), "{shown}");
    shell.ask(".mode csv");
    let shown = shell.ask(".report user_activity who=deploy-old");
    assert!(shown.contains("deploy-old") && shown.contains("AssumeRole"), "{shown}");
    let shown = shell.ask(".report user_activity");
    assert!(shown.contains("the report user_activity needs who"), "{shown}");
    let shown = shell.ask(".report user_activty who=x");
    assert!(shown.contains("did you mean user_activity"), "{shown}");
    shell.leave();
}

#[test]
fn what_narrows_the_session_changes_every_count_and_shows_in_the_prompt() {
    let folder = demo();
    let mut shell = Terminal::open(folder.path());
    let views = "SELECT count(*) AS n FROM cloudtrail_json;";
    let report = "SELECT count(*) AS n FROM reports.coverage_by_day;";
    let function = "SELECT count(*) AS n FROM search('TerminateInstances');";
    let whole: Vec<u64> = [COUNT, views, report, function].map(|sql| number(&shell.ask(sql))).to_vec();
    let shown = shell.ask(".account 111122223333");
    assert!(shown.ends_with("trailql [111122223333]> "), "{shown}");
    let shown = shell.ask(".from 2026-09-17");
    assert!(shown.ends_with("trailql [2026-09-17.. 111122223333]> "), "{shown}");
    let within = number(&shell.ask(COUNT));
    let same = number(&shell.ask(views));
    assert!(within < whole[0] && within > 0 && same == within, "{within} {same} {whole:?}");
    assert!(number(&shell.ask(report)) < whole[2]);
    assert!(number(&shell.ask(function)) <= whole[3]);
    // The scan gets the limit: what lies outside is never read.
    let plan = shell.ask(".explain SELECT count(*) FROM cloudtrail");
    assert!(plan.contains("111122223333") && plan.contains("predicate="), "{plan}");
    let plan = shell.ask("EXPLAIN SELECT count(*) FROM cloudtrail;");
    assert!(
        plan.contains("physical_plan\n") && plan.contains("  Aggregate") && !plan.contains("\\n"),
        "{plan}"
    );
    let shown = shell.ask("SELECT count(*) AS n FROM sources;");
    assert!(shown.contains("sources has no time and no account, so all of it is read"), "{shown}");
    shell.ask(".from");
    let shown = shell.ask(".account");
    assert!(shown.ends_with("\ntrailql> "), "{shown}");
    assert_eq!(number(&shell.ask(COUNT)), whole[0]);
    let shown = shell.ask(".account 12");
    assert!(shown.contains("an account has twelve digits"), "{shown}");
    shell.leave();
}

#[test]
fn what_was_typed_is_there_at_the_next_start_without_secrets() {
    let folder = demo();
    let mut shell = Terminal::open(folder.path());
    shell.ask("SELECT 'kept' AS text;");
    shell.ask("SELECT 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' AS secret;");
    shell.ask("SELECT 1 WHERE 'password' = 'hunter2';");
    shell.leave();
    let history = folder.path().join("trailql/history");
    let text = std::fs::read_to_string(&history).unwrap();
    assert!(text.contains("SELECT 'kept'") && !text.contains("wJalr") && !text.contains("hunter2"), "{text}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&history).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    let mut shell = Terminal::open(folder.path());
    // Arrow up.
    shell.send("\x1b[A");
    shell.wait_on_screen("trailql> SELECT 'kept' AS text;");
    assert!(shell.ask("").contains("kept"));
    // Ctrl-R.
    shell.send("\u{12}kep");
    shell.wait_on_screen("reverse-i-search");
    shell.send("\u{7}");
    shell.leave();
}

#[test]
fn a_mistake_is_pointed_at_and_the_right_name_is_told() {
    let folder = demo();
    let mut shell = Terminal::open(folder.path());
    let shown = shell.ask("SELECT event_nmae FROM cloudtrail;");
    assert!(shown.contains("line 1: SELECT event_nmae FROM cloudtrail"), "{shown}");
    assert!(shown.contains("\n               ^\n") && shown.contains("cloudtrail.event_name"), "{shown}");
    let shown = shell.ask("SELECT 1 FROM cloudtrial;");
    assert!(
        shown.contains("there is no table cloudtrial") && shown.contains("did you mean cloudtrail"),
        "{shown}"
    );
    let shown = shell.ask(".tabels");
    assert!(shown.contains("did you mean .tables?"), "{shown}");
    let shown = shell.ask(".describe cloudtrial");
    assert!(shown.contains("did you mean cloudtrail"), "{shown}");
    shell.leave();
}
