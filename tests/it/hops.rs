//! Records of chains that are made to be hard to follow.

use serde_json::Value;
use serde_json::json;

pub(crate) const A: &str = "111111111111";
pub(crate) const B: &str = "222222222222";
pub(crate) const C: &str = "333333333333";

pub(crate) const ALICE: &str = "AKIAALICE00000000001";
pub(crate) const BOB: &str = "AKIABOB0000000000001";
pub(crate) const MALLORY: &str = "AKIAMALLORY000000001";

/// One event; what is special about it is merged over what all have.
pub(crate) fn event(
    number: u32,
    time: &str,
    account: &str,
    name: &str,
    identity: Value,
    more: Value,
) -> Value {
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

pub(crate) fn user(account: &str, name: &str, key: &str) -> Value {
    json!({ "type": "IAMUser", "arn": format!("arn:aws:iam::{account}:user/{name}"), "accountId": account,
            "userName": name, "accessKeyId": key })
}

pub(crate) fn session(account: &str, role: &str, name: &str, key: Option<&str>, since: &str) -> Value {
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

pub(crate) fn assumes(account: &str, role: &str, name: &str, key: Option<&str>) -> Value {
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

pub(crate) fn with(mut more: Value, key: &str, value: &str) -> Value {
    more[key] = json!(value);
    more
}

/// Alice goes from her account through two others and back into a session of the very name she began with, and
/// makes a key for Bob; a forged event closes the circle. Mallory opens sessions of the same name.
pub(crate) fn records() -> Vec<Value> {
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
