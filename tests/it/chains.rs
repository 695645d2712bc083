//! `activity` and `assume_chain`: who acted through what, on chains that are made to be hard, and on the incident.

use serde_json::Value;
use trailql::session::Session;

use crate::hops::A;
use crate::hops::ALICE;
use crate::hops::BOB;
use crate::hops::MALLORY;
use crate::hops::assumes;
use crate::hops::event;
use crate::hops::records;
use crate::hops::session as identity;
use crate::hops::user;
use crate::made::ask;
use crate::made::incident;
use crate::made::object;
use crate::made::session_of;
use crate::made::session_with;

async fn made() -> Session {
    // The cross-account calls come through a second trail too.
    let records = records();
    let copies: Vec<Value> = records.iter().skip(3).take(3).cloned().collect();
    session_with(&[("one.json", object(&records)), ("two.json", object(&copies))]).await
}

async fn chain(session: &Session, who: &str) -> String {
    let query = format!(
        "SELECT depth, path, right(event_id, 2) AS id, right(access_key_id, 2) AS by, acts_as, session_name, linked_by,
                to_char(first_use, '%H:%M') AS first, to_char(last_use, '%H:%M') AS last, events
         FROM assume_chain('{who}')"
    );
    ask(session, &query).await
}

#[tokio::test]
async fn a_chain_through_three_accounts_is_a_tree() {
    let session = made().await;
    let from_alice = chain(&session, ALICE).await;
    insta::assert_snapshot!("chain_from_alice", from_alice);
    assert!(!from_alice.contains("MALLORY") && !from_alice.contains("ASIAOPS0000000000009"));
    insta::assert_snapshot!("chain_from_the_middle", chain(&session, "ASIADATA000000000003").await);
    insta::assert_snapshot!("chain_of_mallory", chain(&session, "mallory").await);
}

#[tokio::test]
async fn every_name_finds_its_chain() {
    let session = made().await;
    let mut all = String::new();
    for who in [
        "00000000-0000-4000-8000-000000000009",
        "00000000-0000-4000-8000-000000000008",
        "arn:aws:iam::111111111111:user/alice",
        "arn:aws:sts::333333333333:assumed-role/Data/deploy",
        "arn:aws:iam::222222222222:role/Old",
        "i-0abc",
        "ec2.amazonaws.com",
        "carol",
        "111111111111:root",
        "AKIANOBODY0000000001",
        "nobody",
    ] {
        all += &format!("{who}\n{}\n\n", chain(&session, who).await);
    }
    insta::assert_snapshot!("chain_of_every_name", all);
}

#[tokio::test]
async fn activity_follows_the_sessions() {
    let session = made().await;
    let mut all = String::new();
    for who in [
        "alice",
        "mallory",
        "arn:aws:iam::222222222222:role/Admin",
        "carol",
        "ASIAOPS0000000000001",
        "ec2.amazonaws.com",
    ] {
        let query = format!(
            "SELECT to_char(event_time, '%H:%M:%S') AS time, account_id, event_name, depth, via, access_key_id, outcome
             FROM activity('{who}')"
        );
        all += &format!("{who}\n{}\n\n", ask(&session, &query).await);
    }
    insta::assert_snapshot!("activity", all);
}

#[tokio::test]
async fn a_filter_limits_the_answer_and_not_the_search() {
    let session = made().await;
    let filter = "WHERE account_id = '333333333333' AND event_time >= '2026-03-01T10:03:05Z'";
    let query = format!("SELECT event_name, depth FROM activity('alice') {filter}");
    insta::assert_snapshot!("filtered_activity", ask(&session, &query).await);
    let query = format!("SELECT depth, event_name FROM assume_chain('alice') {filter}");
    insta::assert_snapshot!("filtered_chain", ask(&session, &query).await);

    for function in ["activity('alice')", "search('deploy')"] {
        let plan = ask(&session, &format!("EXPLAIN SELECT * FROM {function} {filter}")).await;
        let scans: Vec<&str> = plan.lines().filter(|line| line.contains("DataSourceExec")).collect();
        assert!(!scans.is_empty(), "{plan}");
        for scan in scans {
            let pushed = scan.split("predicate=").nth(1).unwrap_or_default();
            assert!(pushed.contains("event_time@") && pushed.contains("account_id@"), "{function}: {scan}");
        }
    }
    // The order of the rows is kept, and a limit takes the first.
    let plan = ask(&session, "EXPLAIN SELECT event_id FROM activity('alice') LIMIT 3").await;
    assert!(plan.contains("TopK(fetch=3)"), "{plan}");
    let plan = ask(&session, "EXPLAIN SELECT * FROM assume_chain('alice')").await;
    assert!(plan.contains("StreamingTableExec"), "{plan}");
}

#[tokio::test]
async fn the_columns_are_those_of_the_log() {
    let session = made().await;
    let columns = |table: &'static str, session: &Session| {
        let session = session.clone();
        async move {
            let described = ask(&session, &format!("DESCRIBE SELECT * FROM {table}")).await;
            let mut names: Vec<String> = described
                .lines()
                .skip(3)
                .filter_map(|line| line.split('|').nth(1))
                .map(|name| name.trim().to_owned())
                .collect();
            names.sort();
            names
        }
    };
    let mut expected = columns("cloudtrail", &session).await;
    expected.extend(["via".to_owned(), "depth".to_owned()]);
    expected.sort();
    assert!(expected.len() > 50, "{expected:?}");
    assert_eq!(columns("activity('x')", &session).await, expected);
}

#[tokio::test]
async fn what_is_no_name_is_refused_or_finds_nothing() {
    let session = made().await;
    let mut all = String::new();
    for query in [
        "SELECT * FROM activity()",
        "SELECT * FROM activity('alice', 'bob')",
        "SELECT * FROM activity(NULL)",
        "SELECT * FROM activity(' ')",
        "SELECT * FROM activity(7)",
        "SELECT * FROM assume_chain(upper('alice') || '')",
        "SELECT activity('alice')",
        "SELECT count(*) FROM activity(''' OR 1=1 --')",
        "SELECT count(*) FROM assume_chain('x'') UNION SELECT * FROM cloudtrail --')",
        "SELECT count(*) FROM assume_chain('arn:aws:iam::111111111111:role/')",
        "SELECT count(*) FROM activity('%')",
        "SELECT routine_name, syntax_example FROM information_schema.routines WHERE syntax_example LIKE 'SELECT * FROM%' ORDER BY 1",
    ] {
        all += &format!("{query}\n{}\n\n", ask(&session, query).await);
    }
    insta::assert_snapshot!("hostile_names", all);
}

#[tokio::test]
async fn the_incident_is_solved() {
    let session = incident().await;
    insta::assert_snapshot!("incident_chain", chain(&session, trailql::incident::ISSUED_SESSION_KEY).await);
    let query = "SELECT depth, via, account_id, count(*) AS calls, count(*) FILTER (WHERE outcome <> 'success') AS refused
        FROM activity('444455556666:root') WHERE event_time >= '2026-09-17' AND event_time < '2026-09-17T03:00:00Z'
        GROUP BY 1, 2, 3 ORDER BY 1, 2";
    insta::assert_snapshot!("incident_activity", ask(&session, query).await);
}

#[tokio::test]
async fn every_example_is_true() {
    let session = incident().await;
    for function in trailql::functions::tables::TABLE_FUNCTIONS {
        let (query, printed) = function.example.trim().split_once(";\n").unwrap();
        let query = query.strip_prefix("> ").unwrap();
        assert_eq!(ask(&session, query).await, printed.trim(), "the example of {}", function.name);
    }
}

#[tokio::test]
async fn real_sessions_lead_to_what_was_done_with_them() {
    let Some(data) = crate::real_data::data() else { return };
    let session = session_of(&data.join("invictus-ir__aws_dataset/CloudTrail")).await;
    // Of the keys that AssumeRole handed out, those that were used, told by the events alone.
    let expected = "SELECT uses.access_key_id AS key, count(DISTINCT uses.event_id) AS events
        FROM cloudtrail uses JOIN cloudtrail issue ON uses.access_key_id = issue.issued_access_key_id
        WHERE issue.event_name = 'AssumeRole' AND issue.principal LIKE '%:user/bert-jan' GROUP BY 1 ORDER BY 1";
    let expected = ask(&session, expected).await;
    let found = "SELECT issued_access_key_id AS key, events FROM assume_chain('bert-jan')
        WHERE depth = 1 AND event_name = 'AssumeRole' AND events > 0 ORDER BY 1";
    assert_eq!(ask(&session, found).await, expected);
    assert!(expected.lines().count() >= 4 + 5, "{expected}");

    insta::assert_snapshot!("real_chain", chain(&session, "ASIATFQR7NSC2632JLFK").await);
    insta::assert_snapshot!("real_service_chain", chain(&session, "i-0dbc91f429e48eeed").await);
    let query = "SELECT depth, count(DISTINCT via) AS sessions, count(*) AS calls FROM activity('bert-jan') GROUP BY 1 ORDER BY 1";
    insta::assert_snapshot!("real_activity", ask(&session, query).await);
}

#[tokio::test]
async fn a_circle_without_a_beginning_is_shown_once() {
    let one =
        event(1, "10:00:00", A, "GetSessionToken", user(A, "eve", BOB), assumes(A, "X", "x", Some(MALLORY)));
    let two =
        event(2, "10:01:00", A, "GetSessionToken", user(A, "eve", MALLORY), assumes(A, "X", "x", Some(BOB)));
    let own =
        event(3, "10:02:00", A, "GetSessionToken", user(A, "eve", ALICE), assumes(A, "X", "x", Some(ALICE)));
    let session = session_with(&[("one.json", object(&[one, two, own]))]).await;
    let mut all = chain(&session, BOB).await;
    all += &format!("\n\n{}", chain(&session, ALICE).await);
    insta::assert_snapshot!("chain_in_a_circle", all);
}

#[tokio::test]
async fn sessions_that_renew_themselves_for_a_week_are_followed() {
    let key = |hour: u32| format!("ASIAJUGGLE{hour:010}");
    let renewed = |hour: u32| {
        let time = format!("{:02}:{:02}:00", hour / 60, hour % 60);
        let caller = identity(A, "Ops", "juggle", Some(&key(hour)), &time);
        event(hour, &time, A, "AssumeRole", caller, assumes(A, "Ops", "juggle", Some(&key(hour + 1))))
    };
    let records: Vec<Value> = (0..168).map(renewed).collect();
    let session = session_with(&[("one.json", object(&records))]).await;
    let query = format!(
        "SELECT min(depth), max(depth), count(*), max(length(path)) < 600 AS short, max(path) FROM assume_chain('{}')",
        key(100)
    );
    insta::assert_snapshot!("chain_of_a_week", ask(&session, &query).await);
}
