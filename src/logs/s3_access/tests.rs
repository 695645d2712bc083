use std::fmt::Write;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::array::AsArray;
use arrow::datatypes::DataType;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use super::*;
use crate::logs::s3_access::columns::COLUMNS;

const SAMPLE: &[u8] = include_bytes!("../../../tests/data/s3_access/2026-09-17-08-15-32-3E57427F33A59F07");
const RECORDS: &[u8] = include_bytes!("../../../tests/data/s3_access/cloudwatch.json");
const PATH: &str = "s3://b/logs/2026-09-17-08-15-32-3E57427F33A59F07";

/// The line or record of each row, made again from its columns.
fn rebuilt(parsed: &Parsed) -> Vec<String> {
    let mut all = Vec::new();
    for batch in &parsed.batches {
        let columns: Vec<ArrayRef> =
            rebuild::inputs().iter().map(|name| Arc::clone(batch.column_by_name(name).unwrap())).collect();
        let lines = rebuild::rebuild(&columns, batch.num_rows()).unwrap();
        all.extend(lines.iter().map(|line| line.unwrap().to_owned()));
    }
    all
}

fn column(parsed: &Parsed, name: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    for batch in &parsed.batches {
        let array = arrow::compute::cast(batch.column_by_name(name).unwrap(), &DataType::Utf8).unwrap();
        values.extend(array.as_string::<i32>().iter().map(|value| value.map(str::to_owned)));
    }
    values
}

fn one(text: &str, name: &str) -> Option<String> {
    let parsed = S3Access.read(PATH, text.as_bytes());
    assert_eq!((parsed.rows(), parsed.rejects.len()), (1, 0), "{text}: {:?}", parsed.rejects);
    column(&parsed, name).remove(0)
}

/// The columns of each row that are not NULL, and the rejects.
fn shown(parsed: &Parsed) -> String {
    let mut text = String::new();
    for row in 0..usize::try_from(parsed.rows()).unwrap() {
        writeln!(text, "row").unwrap();
        for known in COLUMNS.iter().filter(|known| known.name != "source_file") {
            if let Some(value) = &column(parsed, known.name)[row] {
                writeln!(text, "  {}: {value}", known.name).unwrap();
            }
        }
    }
    for reject in &parsed.rejects {
        writeln!(text, "reject at {}: {}", reject.position, reject.reason).unwrap();
    }
    text
}

#[test]
fn the_lines_of_the_sample_are_read() {
    let parsed = S3Access.read(PATH, SAMPLE);
    assert_eq!(parsed.records, parsed.rows() + parsed.rejects.len() as u64);
    insta::assert_snapshot!(shown(&parsed));
    let lines: Vec<&[u8]> = SAMPLE.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let rebuilt = rebuilt(&parsed);
    assert_eq!(rebuilt.len(), 12);
    for (rebuilt, line) in rebuilt.iter().zip(&lines) {
        assert_eq!(*rebuilt, String::from_utf8_lossy(line));
    }
    // The bytes of the one line that is no text are kept as well.
    let unmapped = column(&parsed, "unmapped")[9].clone().unwrap();
    let unmapped: Value = serde_json::from_str(&unmapped).unwrap();
    let hex: String = lines[9].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(unmapped["line_hex"], hex);
    for reject in &parsed.rejects {
        let at = usize::try_from(reject.position).unwrap();
        assert!(SAMPLE[at..].starts_with(reject.content.as_bytes()));
    }
}

#[test]
fn the_json_records_of_the_sample_are_read() {
    let parsed = S3Access.read("cloudwatch.json", RECORDS);
    insta::assert_snapshot!(shown(&parsed));
    let text = std::str::from_utf8(RECORDS).unwrap();
    for (rebuilt, line) in rebuilt(&parsed).iter().zip(text.lines()) {
        assert_eq!(json_of(rebuilt), json_of(line));
    }
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn line_with(request: &str, referer: &str, agent: &str) -> String {
    format!(
        r#"0123abcd my-bucket [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT a.txt {request} 404 NoSuchKey 272 - 9 8 {referer} {agent} - host= SigV4 - AuthHeader b.s3.amazonaws.com TLSv1.2 - - us-east-1"#
    )
}

#[test]
fn quotes_inside_quotes_do_not_shift_fields() {
    let request = r#""GET /a HTTP/1.1""#;
    for (request, referer, agent, expected) in [
        (request, r#""-""#, r#""curl""#, ["GET /a HTTP/1.1", "", "curl"]),
        (request, "-", r#""curl""#, ["GET /a HTTP/1.1", "", "curl"]),
        (request, r#""http://x""#, "-", ["GET /a HTTP/1.1", "http://x", ""]),
        (request, r#""""#, r#""""#, ["GET /a HTTP/1.1", "", ""]),
        (request, r#""-""#, r#"""curl 8""#, ["GET /a HTTP/1.1", "", "\"curl 8"]),
        (request, r#"""http://x"""#, r#"""curl 8"""#, ["GET /a HTTP/1.1", "\"http://x\"", "\"curl 8\""]),
        (request, r#""a"b"c""#, "-", ["GET /a HTTP/1.1", "a\"b\"c", ""]),
        (request, "-", r#""a" b"c""#, ["GET /a HTTP/1.1", "", "a\" b\"c"]),
        (
            r#""GET /?x="1";"2" HTTP/1.1""#,
            r#""-""#,
            r#""curl""#,
            ["GET /?x=\"1\";\"2\" HTTP/1.1", "", "curl"],
        ),
        (r#""GET /a""#, r#""-""#, r#""curl""#, ["GET /a", "", "curl"]),
        // What a client sends cannot pass for the status, wherever it puts it.
        (
            request,
            r#""-""#,
            r#""x HTTP/1.1" 200 - 1 1 1 1 "-" "y""#,
            ["GET /a HTTP/1.1", "", "x HTTP/1.1\" 200 - 1 1 1 1 \"-\" \"y"],
        ),
        (
            r#""GET /" 200 - 1 1 1 1 "-" HTTP/1.1""#,
            r#""-""#,
            r#""curl""#,
            ["GET /\" 200 - 1 1 1 1 \"-\" HTTP/1.1", "", "curl"],
        ),
    ] {
        let line = line_with(request, referer, agent);
        let of = |name| one(&line, name).unwrap_or_default();
        assert_eq!([of("request_uri"), of("referer"), of("user_agent")], expected, "{line}");
        assert_eq!(
            (of("http_status").as_str(), of("source_region").as_str()),
            ("404", "us-east-1"),
            "{line}"
        );
        assert_eq!(rebuilt(&S3Access.read(PATH, line.as_bytes())), [line]);
    }
}

#[test]
fn any_number_of_fields_from_17_is_read() {
    let line = line_with(r#""GET /a HTTP/1.1""#, r#""-""#, r#""curl""#);
    let (head, tail) = line.split_once(r#""curl""#).unwrap();
    let tail: Vec<&str> = tail.split_whitespace().chain(["new", "\"two words\"", "-"]).collect();
    for count in 0..=tail.len() {
        let mut line = format!("{head}\"curl\"");
        tail[..count].iter().for_each(|field| line = format!("{line} {field}"));
        assert_eq!(rebuilt(&S3Access.read(PATH, line.as_bytes())), [line.as_str()]);
        let unmapped = one(&line, "unmapped").map(|unmapped| json_of(&unmapped));
        let expected = match count {
            0..10 => Some(json!({"columns": 17 + count})),
            10 => None,
            _ => Some(json!({"fields": tail[10..count]})),
        };
        assert_eq!(unmapped, expected, "{line}");
    }
}

#[test]
fn what_is_no_line_is_rejected_with_its_number_and_the_reason() {
    let good = line_with(r#""GET /a HTTP/1.1""#, r#""-""#, r#""curl""#);
    let wrong = [
        "word".to_owned(),
        good.replace('[', "("),
        good.replace(']', ")"),
        good[..60].to_owned(),
        good.replace("a.txt \"GET", "a b.txt \"GET"),
        good.replace("HTTP/1.1\" 404", "HTTP/1.1 404"),
        good.replace(" 404 ", " ok "),
        good.replace(" 272 ", " 27x "),
        good[..good.find(" NoSuchKey").unwrap()].to_owned(),
        good[..good.find("curl").unwrap()].to_owned(),
        good.replace("\"curl\"", "curl"),
        "x".repeat(objects::MAX_LINE + 1),
    ];
    let text = format!("{good}\n\n{}\n", wrong.join("\r\n"));
    let parsed = S3Access.read("x", text.as_bytes());
    assert_eq!((parsed.rows(), parsed.rejects.len()), (1, wrong.len()));
    let reasons: Vec<_> = parsed.rejects.iter().map(|reject| reject.reason.as_str()).collect();
    insta::assert_snapshot!(reasons.join("\n"));
    for (reject, line) in parsed.rejects.iter().zip(&wrong) {
        assert!(text[usize::try_from(reject.position).unwrap()..].starts_with(line));
    }
}

#[test]
fn json_goes_on_behind_damage() {
    let record = |id: &str| json!({"schema_version_id": "V_1_0", "bucket_name": "b", "request_id": id});
    let pretty = serde_json::to_string_pretty(&[record("2"), record("3")]).unwrap();
    let line = line_with(r#""GET /a HTTP/1.1""#, r#""-""#, r#""curl""#);
    let text = format!(
        "{}{}\n{pretty}\n{{\"schema_version_id\":\n  \"x\n  y\n{line}\n{}\n  {{\"foo\": 1}} tail\n",
        record("0"),
        record("1"),
        record("4"),
    );
    let parsed = S3Access.read("x", text.as_bytes());
    let ids: Vec<_> = column(&parsed, "request_id").into_iter().flatten().collect();
    assert_eq!(ids, ["0", "1", "2", "3", "3E57427F3EXAMPLE", "4"]);
    let lines: Vec<_> = column(&parsed, "source_line").into_iter().flatten().collect();
    assert_eq!(lines, ["1", "1", "3", "8", "17", "18"]);
    let reasons: Vec<_> = parsed.rejects.iter().map(|reject| reject.reason.as_str()).collect();
    insta::assert_snapshot!(reasons.join("\n"));
}

#[test]
fn names_of_deliveries_are_known() {
    for (path, is) in [
        (PATH, true),
        ("s3://b/mybucket-logs2026-09-17-08-15-32-3E57427F33A59F07", true),
        ("file:///x/2026-09-17-08-15-32-3E57427F33A59F07.gz", true),
        ("s3://b/111122223333/eu-west-1/b/2026/09/17/2026-09-17-08-15-32-3E57427F33A59F07", true),
        ("s3://b/logs.v2-2026-09-17-08-15-32-3E57427F33A59F07", true),
        ("s3://b/2026-09-17-08-15-32", false),
        ("s3://b/2026-09-17-08-15-32-backup", false),
        ("s3://b/2026-09-17/x.log", false),
        ("-", false),
    ] {
        assert_eq!(S3Access.names(path), is, "{path}");
    }
}

#[test]
fn hostile_lines_take_time_by_their_length_only() {
    let good = line_with(r#""GET /a HTTP/1.1""#, r#""-""#, r#""curl""#);
    let (head, _) = good.split_once("\"GET").unwrap();
    let start = std::time::Instant::now();
    for unit in
        ["\" 200 - 1 1 1 ", "\" ", "\" \"", "\"", "\" 200 x\"", "HTTP/1.1\" 200 - 1 1 1 1 \"-\" \" ", "% "]
    {
        let text = format!("{head}\"{}", unit.repeat(objects::MAX_LINE / 2 / unit.len()));
        let parsed = S3Access.read(PATH, text.as_bytes());
        assert_eq!(parsed.records, 1);
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

/// Lines as S3 writes them, and as nobody should.
fn lines() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        " ",
        "  ",
        "\"",
        "-",
        "[",
        "]",
        "\r",
        "HTTP/1.1",
        "\" 200 - 1 2 3 4 \"",
        "\"-\"",
        "%2F",
        "%",
        "%C3%A9",
        "%c3",
        "+0000",
        "\u{e9}",
        "\u{0}",
        "0",
        "007",
        "99999999999999999999",
        "a",
        "{",
        "\\",
        "\u{feff}",
    ]);
    let noise = prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat());
    let plain = prop_oneof![3 => Just("-".to_owned()), 3 => "[a-zA-Z0-9/.:=_-]{1,12}", 1 => "[!-~]{1,8}"];
    let number = prop_oneof![2 => Just("-".to_owned()), 3 => "[0-9]{1,9}", 1 => "[0-9]{1,20}"];
    let time = prop_oneof![
        3 => Just("06/Feb/2019:00:00:38 +0000".to_owned()),
        1 => "[0-3][0-9]/(Jan|Feb|Dec)/[0-9]{4}:[0-2][0-9]:[0-5][0-9]:[0-6][0-9] [+-][0-9]{4}",
        1 => noise.clone(),
    ];
    let key = prop_oneof![3 => "(%[0-9A-F]{2}|[a-z/+.]){1,10}", 1 => "[!-~]{1,8}"];
    let quoted = prop_oneof![
        2 => Just("-".to_owned()),
        2 => Just("\"-\"".to_owned()),
        3 => "[ -~]{0,20}".prop_map(|text| format!("\"{text}\"")),
        2 => noise.clone().prop_map(|text| format!("\"{text}\"")),
        1 => noise.clone(),
    ];
    let request = prop_oneof![
        1 => Just("-".to_owned()),
        3 => "[ -~]{0,20}".prop_map(|text| format!("\"GET /{text} HTTP/1.1\"")),
        1 => quoted.clone(),
    ];
    let head = (
        // A line that begins with a bracket is JSON.
        ("[0-9a-f]{1,8}|-", plain.clone()),
        time,
        prop::collection::vec(plain.clone(), 4),
        key,
        request,
    )
        .prop_map(|(owner, time, four, key, request)| {
            let (owner, bucket) = owner;
            format!("{owner} {bucket} [{time}] {} {key} {request}", four.join(" "))
        });
    let status = prop_oneof![4 => "[1-5][0-9]{2}", 1 => number.clone()];
    let rest = (status, plain.clone(), prop::collection::vec(number, 4), quoted.clone(), quoted).prop_map(
        |(status, error, numbers, referer, agent)| {
            format!("{status} {error} {} {referer} {agent}", numbers.join(" "))
        },
    );
    let tail = prop::collection::vec(plain, 0..14);
    let end = prop_oneof![4 => Just(String::new()), 1 => Just("\r".to_owned()), 1 => Just(" ".to_owned()), 1 => noise];
    (head, rest, tail, end).prop_map(|(head, rest, tail, end)| {
        let mut line = format!("{head} {rest}");
        tail.iter().for_each(|field| line = format!("{line} {field}"));
        line + &end
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn every_line_comes_back_or_is_rejected(line in lines()) {
        let parsed = S3Access.read(PATH, line.as_bytes());
        prop_assert_eq!(parsed.records, 1);
        match parsed.rejects.as_slice() {
            [] => prop_assert_eq!(rebuilt(&parsed), [line]),
            [reject] => prop_assert_eq!(&reject.content, &line),
            _ => prop_assert!(false, "{:?}", parsed.rejects),
        }
    }

    #[test]
    fn hostile_bytes_never_panic_and_add_up(cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8)) {
        let mut bytes = [SAMPLE, RECORDS].concat();
        for (index, byte) in cuts {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        let parsed = S3Access.read(PATH, &bytes);
        prop_assert_eq!(parsed.records, parsed.rows() + parsed.rejects.len() as u64);
        prop_assert_eq!(rebuilt(&parsed).len() as u64, parsed.rows());
    }

    #[test]
    fn every_json_record_comes_back_equal(members in prop::collection::btree_map(
        prop_oneof![
            4 => prop::sample::select(columns::KNOWN.iter().flat_map(|known| known.keys).copied().collect::<Vec<_>>())
                .prop_map(str::to_owned),
            1 => any::<String>(),
        ],
        prop_oneof![
            Just(Value::Null),
            Just(json!("-")),
            any::<String>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            Just(json!(0.5)),
            Just(json!("2026-09-17T08:14:05.250Z")),
            Just(json!("2026-09-17T08:14:05Z")),
            Just(json!("200")),
            Just(json!({"a": [1, "-"]})),
        ],
        0..20,
    ), escaped: bool) {
        let mut members = members;
        members.insert("schema_version_id".into(), json!("V_1_0"));
        members.insert("bucket_arn".into(), json!("arn:aws:s3:::b"));
        let record = Value::Object(members.into_iter().collect());
        let text = record.to_string();
        let text = if escaped { text.replace("\"key_name\"", "\"key\\u005fname\"") } else { text };
        let parsed = S3Access.read("x", text.as_bytes());
        prop_assert_eq!(&parsed.rejects, &[]);
        prop_assert_eq!(json_of(&rebuilt(&parsed)[0]), record);
    }
}
