//! `activity` and `assume_chain`: who acted through what, on chains that are made to be hard, and on the incident.

use serde_json::Value;
use serde_json::json;
use trailql::session::Session;

use crate::made::ask;
use crate::made::incident;
use crate::made::object;
use crate::made::session_with;

const A: &str = "111111111111";
const B: &str = "222222222222";
const C: &str = "333333333333";

const ALICE: &str = "AKIAALICE00000000001";
const BOB: &str = "AKIABOB0000000000001";
const MALLORY: &str = "AKIAMALLORY000000001";

/// One event; what is special about it is merged over what all have.
fn event(number: u32, time: &str, account: &str, name: &str, identity: Value, more: Value) -> Value {
    let mut event = json!({
        "eventVersion": "1.11",
        "eventTime": format!("2026-03-01T{time}Z"),
        "eventSource": "sts.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "198.51.100.7",
        "userIdentity": identity,
        "requestParameters": null,
        "responseElements": null,
        "eventID": format!("00000000-0000-4000-8000-{number:012}"),
        "recipientAccountId": account,
        "eventType": "AwsApiCall",
    });
    for (key, value) in more.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

fn user(account: &str, name: &str, key: &str) -> Value {
    json!({ "type": "IAMUser", "arn": format!("arn:aws:iam::{account}:user/{name}"), "accountId": account,
            "userName": name, "accessKeyId": key })
}

fn session(account: &str, role: &str, name: &str, key: Option<&str>, since: &str) -> Value {
    let mut identity = json!({
        "type": "AssumedRole",
        "arn": format!("arn:aws:sts::{account}:assumed-role/{role}/{name}"),
        "accountId": account,
        "sessionContext": {
            "sessionIssuer": { "type": "Role", "arn": format!("arn:aws:iam::{account}:role/{role}"),
                               "accountId": account, "userName": role },
            "attributes": { "creationDate": format!("2026-03-01T{since}Z"), "mfaAuthenticated": "false" },
        },
    });
    if let Some(key) = key {
        identity["accessKeyId"] = json!(key);
    }
    identity
}

fn assumes(account: &str, role: &str, name: &str, key: Option<&str>) -> Value {
    let request =
        json!({ "roleArn": format!("arn:aws:iam::{account}:role/{role}"), "roleSessionName": name });
    match key {
        Some(key) => json!({
            "requestParameters": request,
            "responseElements": {
                "credentials": { "accessKeyId": key },
                "assumedRoleUser": { "arn": format!("arn:aws:sts::{account}:assumed-role/{role}/{name}") },
            },
        }),
        None => json!({ "requestParameters": request }),
    }
}

fn with(mut more: Value, key: &str, value: &str) -> Value {
    more[key] = json!(value);
    more
}

/// Alice goes from her account through two others and back into a session of the very name she began with, and
/// makes a key for Bob; a forged event closes the circle. Mallory opens sessions of the same name.
fn records() -> Vec<Value> {
    let ops = |key, since| session(A, "Ops", "deploy", Some(key), since);
    let admin = || session(B, "Admin", "deploy", Some("ASIAADMIN00000000002"), "10:02:00");
    let data = || session(C, "Data", "deploy", Some("ASIADATA000000000003"), "10:03:00");
    let (first, again) = ("ASIAOPS0000000000001", "ASIAOPS0000000000004");
    let stranger = json!({ "type": "AWSAccount", "principalId": "AROAOPS:deploy", "accountId": A });
    let crossed =
        || with(assumes(B, "Admin", "deploy", Some("ASIAADMIN00000000002")), "sharedEventID", "shared-1");
    let made = json!({
        "eventSource": "iam.amazonaws.com",
        "requestParameters": { "userName": "bob" },
        "responseElements": { "accessKey": { "accessKeyId": BOB, "userName": "bob" } },
    });
    let denied = with(assumes(C, "Data", "deploy", None), "errorCode", "AccessDenied");
    let service = |name: &str| json!({ "type": "AWSService", "invokedBy": name });
    let saml = json!({ "type": "SAMLUser", "principalId": "idp:carol", "userName": "carol" });
    let root =
        json!({ "type": "Root", "principalId": A, "arn": format!("arn:aws:iam::{A}:root"), "accountId": A });
    let mut root_session = root.clone();
    root_session["accessKeyId"] = json!("ASIAROOT000000000007");
    root_session["sessionContext"] =
        json!({ "attributes": { "creationDate": "2026-03-01T12:00:01Z", "mfaAuthenticated": "false" } });
    let signed_in =
        json!({ "eventSource": "signin.amazonaws.com", "responseElements": { "ConsoleLogin": "Success" } });
    let none = || json!({});
    vec![
        event(1, "10:00:00", A, "GetCallerIdentity", user(A, "alice", ALICE), none()),
        event(
            2,
            "10:01:00",
            A,
            "AssumeRole",
            user(A, "alice", ALICE),
            assumes(A, "Ops", "deploy", Some(first)),
        ),
        event(3, "10:01:30", A, "ListBuckets", ops(first, "10:01:00"), none()),
        // Over the border: both accounts record the call, one of them knows no key.
        event(4, "10:02:00", B, "AssumeRole", stranger, crossed()),
        event(5, "10:02:00", A, "AssumeRole", ops(first, "10:01:00"), crossed()),
        event(6, "10:02:10", B, "AssumeRole", admin(), denied),
        event(
            7,
            "10:03:00",
            B,
            "AssumeRole",
            admin(),
            assumes(C, "Data", "deploy", Some("ASIADATA000000000003")),
        ),
        event(8, "10:03:10", C, "GetObject", data(), none()),
        event(9, "10:04:00", C, "AssumeRole", data(), assumes(A, "Ops", "deploy", Some(again))),
        event(10, "10:05:00", A, "CreateAccessKey", ops(again, "10:04:00"), made),
        event(11, "10:06:00", A, "ListUsers", user(A, "bob", BOB), none()),
        // Nobody can issue a key twice; whoever forges a log can.
        event(12, "10:07:00", A, "AssumeRole", user(A, "bob", BOB), assumes(A, "Ops", "deploy", Some(first))),
        // The same name, someone else's session.
        event(
            13,
            "10:02:30",
            A,
            "AssumeRole",
            user(A, "mallory", MALLORY),
            assumes(A, "Ops", "deploy", Some("ASIAOPS0000000000009")),
        ),
        event(14, "10:02:40", A, "DeleteBucket", ops("ASIAOPS0000000000009", "10:02:30"), none()),
        // An event of Alice's first session that carries no key, and one of Mallory's.
        event(15, "10:01:40", A, "Decrypt", session(A, "Ops", "deploy", None, "10:01:00"), none()),
        event(16, "10:02:50", A, "Decrypt", session(A, "Ops", "deploy", None, "10:02:30"), none()),
        // A machine, whose credentials a service asks for.
        event(
            17,
            "11:00:00",
            A,
            "AssumeRole",
            service("ec2.amazonaws.com"),
            assumes(A, "Machine", "i-0abc", Some("ASIAEC20000000000005")),
        ),
        event(
            18,
            "11:01:00",
            A,
            "PutObject",
            session(A, "Machine", "i-0abc", Some("ASIAEC20000000000005"), "11:00:00"),
            none(),
        ),
        // A session that was opened before the log begins, and goes on.
        event(
            19,
            "11:02:00",
            B,
            "AssumeRole",
            session(B, "Old", "night", Some("ASIAOLD0000000000006"), "03:00:00"),
            assumes(B, "Admin", "night", Some("ASIANIGHT00000000008")),
        ),
        event(
            20,
            "11:03:00",
            B,
            "PutObject",
            session(B, "Admin", "night", Some("ASIANIGHT00000000008"), "11:02:00"),
            none(),
        ),
        // A session whose opening names no key.
        event(21, "11:30:00", C, "AssumeRoleWithSAML", saml, assumes(C, "Portal", "carol", None)),
        event(
            22,
            "11:31:00",
            C,
            "ListKeys",
            session(C, "Portal", "carol", Some("ASIACAROL00000000010"), "11:30:01"),
            none(),
        ),
        event(23, "12:00:00", A, "ConsoleLogin", root, signed_in),
        event(24, "12:05:00", A, "StopLogging", root_session, none()),
    ]
}

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
    insta::assert_snapshot!(ask(&session, &query).await, @"");
    let query = format!("SELECT depth, event_name FROM assume_chain('alice') {filter}");
    insta::assert_snapshot!(ask(&session, &query).await, @"");

    for function in ["activity('alice')", "search('deploy')"] {
        let plan = ask(&session, &format!("EXPLAIN SELECT * FROM {function} {filter}")).await;
        let scans: Vec<&str> = plan.lines().filter(|line| line.contains("DataSourceExec")).collect();
        assert!(!scans.is_empty(), "{plan}");
        for scan in scans {
            let pushed = scan.split("predicate=").nth(1).unwrap_or_default();
            assert!(pushed.contains("event_time@") && pushed.contains("account_id@"), "{function}: {scan}");
        }
    }
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
