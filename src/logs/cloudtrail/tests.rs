use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use arrow::array::ArrayRef;
use arrow::array::AsArray;
use arrow::array::RecordBatch;

use super::*;
use crate::logs::Reject;

fn read(text: &str) -> Parsed {
    CloudTrail.read("file:///x/111122223333_CloudTrail_us-east-1_20260917T0810Z_a.json", text.as_bytes())
}

/// The records of all rows, made again.
fn rebuilt(parsed: &Parsed) -> Vec<Value> {
    let of = |batch: &RecordBatch| {
        let arrays: Vec<ArrayRef> = rebuild::inputs()
            .iter()
            .map(|(name, _)| Arc::clone(batch.column_by_name(name).unwrap()))
            .collect();
        let events = rebuild::rebuild(&arrays, batch.num_rows()).unwrap();
        events.iter().map(|event| serde_json::from_str(event.unwrap()).unwrap()).collect::<Vec<Value>>()
    };
    parsed.batches.iter().flat_map(of).collect()
}

fn column(parsed: &Parsed, name: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    for batch in &parsed.batches {
        let array =
            arrow::compute::cast(batch.column_by_name(name).unwrap(), &arrow::datatypes::DataType::Utf8)
                .unwrap();
        values.extend(array.as_string::<i32>().iter().map(|value| value.map(str::to_owned)));
    }
    values
}

fn event(name: &str) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ann", "userName": "ann",
            "sessionContext": {"sessionIssuer": {}, "attributes": {"creationDate": "2026-09-17T08:00:00Z", "mfaAuthenticated": "true"}}},
        "eventTime": "2026-09-17T08:14:05Z", "eventSource": "ec2.amazonaws.com", "eventName": name,
        "requestParameters": {"a": [1, 2.50, {"b": null}]}, "responseElements": null,
        "readOnly": false, "eventID": "1", "brandNew": {"x": 1},
    })
}

#[test]
fn every_container_gives_its_records() {
    let (one, two) = (event("A"), event("B"));
    let embedded = one.to_string();
    let containers = [
        json!({"Records": [one, two]}).to_string(),
        json!([one, two]).to_string(),
        format!("{one}\n{two}\n"),
        format!("{one}{two}"),
        format!("\u{feff}{}", json!({"Records": [one, two]})),
        format!("{}{}", json!({"Records": [one]}), json!({"Records": [two]})),
        json!([{"version": "0", "detail-type": "AWS API Call via CloudTrail", "time": "x", "detail": one}, {"detail": two}]).to_string(),
        json!({"Events": [{"EventId": "1", "Username": "ann", "CloudTrailEvent": embedded}, {"CloudTrailEvent": two.to_string()}], "NextToken": "t"}).to_string(),
        json!({"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "timestamp": 1, "message": embedded}, {"message": two.to_string()}]}).to_string(),
        json!([{"aws": {"cloudtrail": one}}, {"_raw": two.to_string(), "_time": 1}]).to_string(),
    ];
    for container in containers {
        let parsed = read(&container);
        assert_eq!(parsed.rejects, [], "{container}");
        assert_eq!(rebuilt(&parsed), [one.clone(), two.clone()], "{container}");
        assert_eq!(parsed.records, 2);
    }
    let single = read(&one.to_string());
    assert_eq!(rebuilt(&single), [one]);
    let empty = read(r#"{"Records": []}"#);
    assert_eq!((empty.records, empty.ignored), (0, None));
}

#[test]
fn what_no_column_holds_is_unmapped_at_its_path() {
    let mut odd = event("A");
    odd["userAgent"] = json!(["a", "b"]);
    odd["readOnly"] = json!("True");
    odd["eventTime"] = json!("2026-09-17T10:14:05.5+02:00");
    odd["tlsDetails"] = json!("none");
    odd["userIdentity"]["sessionContext"]["attributes"]["new"] = json!(7);
    let parsed = read(&odd.to_string());
    assert_eq!(rebuilt(&parsed), [odd.clone()]);
    let unmapped: Value = serde_json::from_str(column(&parsed, "unmapped")[0].as_deref().unwrap()).unwrap();
    assert_eq!(
        unmapped,
        json!({"userAgent": ["a", "b"], "readOnly": "True", "eventTime": "2026-09-17T10:14:05.5+02:00", "tlsDetails": "none",
            "responseElements": null, "brandNew": {"x": 1},
            "userIdentity": {"sessionContext": {"sessionIssuer": {}, "attributes": {"new": 7}}}})
    );
    assert_eq!(column(&parsed, "event_time")[0].as_deref(), Some("2026-09-17T08:14:05.500Z"));
    assert_eq!(column(&parsed, "read_only")[0].as_deref(), Some("true"));
    assert_eq!(column(&parsed, "account_id")[0].as_deref(), Some("111122223333"));
}

#[test]
fn a_key_that_comes_twice_fills_no_column_and_is_kept_twice() {
    let text = r#"{"eventVersion":"1","eventName":"A","eventTime":"2026-09-17T08:14:05Z","eventName":"B",
        "userIdentity":{"type":"Root"},"userIdentity":{"type":"IAMUser"},"event\u0053ource":"s"}"#;
    let parsed = read(text);
    assert_eq!(rebuilt(&parsed), [serde_json::from_str::<Value>(text).unwrap()]);
    assert_eq!(column(&parsed, "event_name"), [None]);
    assert_eq!(column(&parsed, "principal_type"), [None]);
    assert_eq!(column(&parsed, "event_source"), [Some("s".to_owned())]);
    let unmapped = column(&parsed, "unmapped")[0].clone().unwrap();
    assert!(unmapped.contains(r#""eventName":"A","eventName":"B""#), "{unmapped}");
}

#[test]
fn records_around_damage_are_saved_and_the_damage_is_one_reject() {
    let (one, two, three) = (event("A"), event("B"), event("C"));
    let text = json!({"Records": [one, two, three]}).to_string();
    let middle = text.find(r#""eventName":"B""#).unwrap();
    let start = text.match_indices(r#"{"brandNew""#).nth(1).map(|(at, _)| at);
    // Whatever happens inside the second record, the first and the third are rows.
    for (cut, put) in [(0, "\u{1}"), (5, ""), (1, ""), (0, "\""), (0, "}}}"), (0, "{"), (30, "\n"), (11, "]")]
    {
        let mut damaged = text.clone();
        damaged.replace_range(middle..middle + cut, put);
        let parsed = read(&damaged);
        let names = column(&parsed, "event_name");
        let has = |name: &str| names.iter().flatten().any(|found| found == name);
        assert!(has("A") && has("C"), "{cut} {put:?}: {names:?} {:?}", parsed.rejects);
        if parsed.rejects.is_empty() {
            continue;
        }
        assert_eq!(parsed.rejects.len(), 1, "{cut} {put:?}: {:?}", parsed.rejects);
        assert_eq!(Some(parsed.rejects[0].position as usize), start, "{cut} {put:?}");
        assert_eq!(parsed.records, parsed.rows() + 1);
    }
}

#[test]
fn a_whole_record_in_a_wrapper_that_lost_its_end_is_saved() {
    let parsed = read(&format!(r#"[{{"aws":{{"cloudtrail":{}}},{}]"#, event("A"), event("B")));
    assert_eq!(rebuilt(&parsed), [event("A"), event("B")]);
    assert_eq!(parsed.rejects.len(), 1);
    assert_eq!(parsed.rejects[0].content, r#"{"aws":"#);
}

#[test]
fn every_truncation_keeps_the_whole_records_and_tells() {
    let text = json!({"Records": [event("A"), event("B")]}).to_string();
    let second = text.match_indices(r#"{"brandNew""#).nth(1).map_or(0, |(at, _)| at);
    for end in 1..text.len() - 2 {
        let parsed = read(&text[..end]);
        assert_eq!(parsed.rows(), u64::from(end + 1 >= second), "{end}");
        assert_eq!(parsed.rejects.len(), 1, "{end}: {:?}", parsed.rejects);
        assert!(parsed.rejects[0].reason.starts_with("truncated"), "{end}: {:?}", parsed.rejects);
    }
}

#[test]
fn what_is_no_log_is_ignored_with_the_reason() {
    let reasons = |text: &str| read(text).ignored;
    insta::assert_debug_snapshot!([
        reasons(""),
        reasons(" \n"),
        reasons("Event,Name\n1,2\n"),
        reasons(r#"{"awsAccountId":"1","digestStartTime":"2026-09-17T08:14:05Z","logFiles":[]}"#),
        reasons("PK\u{3}\u{4}abc"),
    ], @r#"
    [
        Some(
            "empty",
        ),
        Some(
            "empty",
        ),
        Some(
            "not JSON, begins with `Event,Name 1,2`",
        ),
        Some(
            "a CloudTrail digest file",
        ),
        Some(
            "a zip archive; unpack it first",
        ),
    ]
    "#);
}

#[test]
fn json_without_records_is_rejected_clearly() {
    let rejects = |text: &str| {
        let parsed = read(text);
        assert_eq!(parsed.ignored, None);
        assert_eq!(parsed.records, parsed.rows() + parsed.rejects.len() as u64);
        parsed.rejects
    };
    let show = |rejects: Vec<Reject>| {
        rejects
            .into_iter()
            .map(|reject| format!("{}: {}", reject.position, reject.reason))
            .collect::<Vec<_>>()
    };
    let deep =
        format!(r#"[{{"eventVersion":"1","eventName":"A","x":{}1{}}}]"#, "[".repeat(150), "]".repeat(150));
    insta::assert_debug_snapshot!(
        [r#"{"foo": "bar", "note": 1}"#, "12345\n", r#"{"Records": [ {"eventName": "StopLogging", "eventSource": "c""#, r#"{"Records":[1,{},"x"]}"#, &deep]
            .map(|text| show(rejects(text))), @r#"
    [
        [
            "0: not a CloudTrail record: no record's field among its keys \"foo\", \"note\"",
        ],
        [
            "0: not a CloudTrail record: no JSON object",
        ],
        [
            "14: truncated: the input ends inside a value, at byte 61",
        ],
        [
            "12: not a CloudTrail record: no JSON object",
            "14: not a CloudTrail record: no record's field among its keys ",
            "17: not a CloudTrail record: no JSON object",
        ],
        [
            "1: nested deeper than 100 levels, at byte 141",
        ],
    ]
    "#);
    let mut large = event("A");
    large["requestParameters"] = json!("x".repeat(objects::MAX_RECORD));
    let found = rejects(&json!([large, event("B")]).to_string());
    assert_eq!(found.len(), 1);
    assert!(found[0].content.len() < 2 << 20);
    let mut bytes = json!([event("A"), event("B")]).to_string().into_bytes();
    bytes[60] = 0xFF;
    let parsed = CloudTrail.read("x", &bytes);
    assert_eq!((parsed.rows(), parsed.rejects.len()), (1, 1));
}

/// Fields of any name and type, among them those that columns expect, at every node.
fn records() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
        Just(json!("2026-09-17T08:14:05Z")),
        Just(json!("true")),
        Just(json!("False")),
        Just(json!({})),
    ];
    let known: Vec<String> = columns::FIELDS
        .iter()
        .map(|field| field.key.to_owned())
        .chain(columns::Node::CHILDREN.iter().map(|(_, _, key)| (*key).to_owned()))
        .collect();
    let key = prop_oneof![4 => prop::sample::select(known), 1 => any::<String>()];
    leaf.prop_recursive(5, 60, 12, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            4 => prop::collection::btree_map(key.clone(), inner, 0..12)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn every_record_comes_back_equal(mut record in records(), identity in records(), pretty: bool) {
        if let Value::Object(members) = &mut record {
            members.insert("userIdentity".into(), identity);
            members.insert("eventVersion".into(), json!("1.11"));
            members.insert("eventName".into(), json!("A"));
            let text = if pretty { serde_json::to_string_pretty(&record).unwrap() } else { record.to_string() };
            let parsed = read(&format!("[{text}]"));
            prop_assert_eq!(&parsed.rejects, &[]);
            prop_assert_eq!(rebuilt(&parsed), vec![record]);
        }
    }

    #[test]
    fn hostile_bytes_never_panic_and_add_up(cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6)) {
        let mut bytes = json!({"Records": [event("A"), event("B"), event("C")]}).to_string().into_bytes();
        for (index, byte) in cuts {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        let parsed = CloudTrail.read("x", &bytes);
        prop_assert_eq!(parsed.records, parsed.rows() + parsed.rejects.len() as u64);
        rebuilt(&parsed);
    }
}
