//! `search`: a text is found wherever it stands, and nothing else is.

use serde_json::Value;
use serde_json::json;
use trailql::session::Session;

use crate::made::ask;
use crate::made::incident;
use crate::made::object;
use crate::made::session_with;

fn record(number: u32, more: Value) -> Value {
    let mut record = json!({
        "eventTime": format!("2026-03-01T10:{number:02}:00Z"),
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "eventID": format!("id-{number}"),
        "recipientAccountId": if number.is_multiple_of(2) { "111111111111" } else { "222222222222" },
        "userIdentity": { "type": "IAMUser", "arn": "arn:aws:iam::111111111111:user/alice", "userName": "alice" },
    });
    for (key, value) in more.as_object().unwrap() {
        record[key] = value.clone();
    }
    record
}

async fn made() -> Session {
    let long = format!("{} the Hidden Needle stands here {}", "x".repeat(70_000), "y".repeat(500));
    let records = [
        record(
            0,
            json!({ "requestParameters": { "bucketName": "crown-jewels", "key": "a\tb 100%_done.txt" } }),
        ),
        record(1, json!({ "novelField": { "deep": "only-unmapped-holds-this" } })),
        record(
            2,
            json!({ "resources": [{ "ARN": "arn:aws:s3:::listed-bucket/Path", "type": "AWS::S3::Object" }] }),
        ),
        record(3, json!({ "userAgent": long })),
        record(4, json!({ "errorMessage": "Zugriff verweigert f\u{FC}r M\u{DC}LLER" })),
        record(
            5,
            json!({ "requestParameters": { "text": "red fox and blue fish" }, "errorCode": "NoSuchFox" }),
        ),
        record(6, json!({ "requestParameters": { "text": "blue fox" }, "userAgent": "RED hat" })),
        record(7, json!({ "responseElements": { "name": "Robert'); DROP TABLE cloudtrail; --" } })),
    ];
    let damaged = format!(
        "{}\n{{\"eventTime\": \"2026-03-01T11:00:00Z\", \"eventName\": \"rejected-secret",
        record(8, json!({}))
    );
    session_with(&[("good.json", object(&records)), ("damaged.json", damaged)]).await
}

async fn found(session: &Session, text: &str) -> String {
    let text = text.replace('\'', "''");
    let query = format!(
        "SELECT event_time, log, account_id, event, found_in, excerpt, id, source_place FROM search('{text}')"
    );
    ask(session, &query).await
}

#[tokio::test]
async fn a_text_is_found_wherever_it_stands() {
    let session = made().await;
    let mut all = String::new();
    for text in [
        "Crown-Jewels",
        "ONLY-unmapped-holds",
        "listed-bucket/path",
        "rejected-SECRET",
        "hidden needle",
        "\"hidden needle\"",
        "\"needle hidden\"",
        "m\u{FC}ller F\u{DC}R",
        "red fox",
        "\"red fox\"",
        "100%_DONE",
        "a%b",
        "id-3",
        "Robert'); DROP TABLE cloudtrail; --",
        "' OR 1=1 --",
        "\\",
        "nowhere to be found",
    ] {
        all += &format!("{text}\n{}\n\n", found(&session, text).await);
    }
    insta::assert_snapshot!("search", all);
}

#[tokio::test]
async fn what_holds_nothing_is_refused() {
    let session = made().await;
    let mut all = String::new();
    for text in ["", "  ", "\"\"", "an \"open phrase"] {
        all += &format!("{text:?}\n{}\n\n", found(&session, text).await);
    }
    insta::assert_snapshot!("search_refused", all);
}

#[tokio::test]
async fn the_newest_come_first_and_filters_hold() {
    let session = made().await;
    let newest = ask(&session, "SELECT id FROM search('alice') LIMIT 2").await;
    insta::assert_snapshot!("search_newest", newest);
    let filtered = "SELECT id, log FROM search('alice') WHERE account_id = '111111111111' AND event_time < '2026-03-01T10:04:00Z'";
    insta::assert_snapshot!("search_filtered", ask(&session, filtered).await);
    let counted = "SELECT log, count(*) FROM search('e') GROUP BY 1 ORDER BY 1";
    insta::assert_snapshot!("search_counted", ask(&session, counted).await);
}

#[tokio::test]
async fn it_finds_what_ilike_finds_in_every_column() {
    let session = incident().await;
    let described = ask(&session, "DESCRIBE SELECT * FROM cloudtrail").await;
    let columns: Vec<String> = described
        .lines()
        .filter(|line| line.contains("Utf8"))
        .filter_map(|line| line.split('|').nth(1))
        .map(|name| match name.trim() {
            "resource_arns" => "array_to_string(resource_arns, ' ')".to_owned(),
            name => name.to_owned(),
        })
        .collect();
    assert!(columns.len() > 40, "{described}");
    for word in [
        "kestrel-parcels",
        "RUNINSTANCES",
        "vpce-0a7d",
        "203.0.113.77",
        "e",
        "eu-CENTRAL-1",
        "arn:aws:s3",
        "denied",
        "zzz",
    ] {
        let any: Vec<String> = columns.iter().map(|column| format!("{column} ILIKE '%{word}%'")).collect();
        let expected = format!("SELECT count(*) AS n FROM cloudtrail WHERE {}", any.join(" OR "));
        let found = format!("SELECT count(*) AS n FROM search('{word}') WHERE log = 'cloudtrail'");
        assert_eq!(ask(&session, &found).await, ask(&session, &expected).await, "{word}");
    }
}
