//! What every log of [`LOGS`] keeps to, and how an object finds its log.

use std::collections::HashSet;
use std::path::Path;

use super::*;

/// The samples of a log: name and bytes.
fn samples(log: &dyn Log) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(log.name());
    let mut samples: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{} has no samples in {}: {error}", log.name(), folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|extension| extension != "txt"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    samples.sort();
    samples
}

fn is_of(log: &dyn Log, reading: &Reading) -> bool {
    reading.log.is_some_and(|found| found.name() == log.name())
}

#[test]
fn every_log_describes_itself() {
    let mut names = HashSet::new();
    for log in LOGS {
        let columns = log.columns();
        let has = |name: &str| columns.iter().any(|column| column.name == name);
        assert!(names.insert(log.name()), "{} is there twice", log.name());
        assert!(!log.about().is_empty() && log.derivations_version() > 0);
        let unique: HashSet<_> = columns.iter().map(|column| column.name).collect();
        assert_eq!(unique.len(), columns.len(), "{}", log.name());
        assert!(columns.iter().all(|column| !column.comment.is_empty()), "{}", log.name());
        let last = columns.last().unwrap();
        assert_eq!((last.name, last.kind), ("event_date", ColumnType::Date), "{}", log.name());
        assert!(["unmapped", "source_file"].into_iter().all(has), "{}", log.name());
        assert!(log.sort_columns().iter().all(|name| has(name)), "{}", log.name());
        let original = log.original().unwrap();
        assert!(names.insert(original.view), "{} is there twice", original.view);
        assert!(original.keys.iter().all(|name| has(name)), "{}", log.name());
        assert!((original.inputs)().iter().all(|name| has(name)), "{}", log.name());
    }
}

#[test]
fn every_log_reads_its_samples() {
    for log in LOGS {
        let readings: Vec<_> = samples(*log).iter().map(|(name, bytes)| read(name, bytes, 1 << 20)).collect();
        assert!(readings.iter().any(|reading| is_of(*log, reading) && reading.parsed.rows() > 0));
        for Reading { parsed, .. } in readings.iter().filter(|reading| is_of(*log, reading)) {
            assert_eq!(parsed.records, parsed.rows() + parsed.rejects.len() as u64);
            for batch in &parsed.batches {
                assert_eq!(batch.schema(), schema(log.columns()), "{}", log.name());
            }
        }
    }
}

#[test]
fn every_beginning_of_a_sample_is_read() {
    for log in LOGS {
        for (name, bytes) in samples(*log) {
            let whole = inflate::inflate(&bytes, 1 << 20, &mut inflate::Room::take()).bytes.into_owned();
            let rows = read(&name, &whole, 1 << 20).parsed.rows();
            for end in 0..whole.len() {
                let Reading { parsed, .. } = read(&name, &whole[..end], 1 << 20);
                assert_eq!(parsed.records, parsed.rows() + parsed.rejects.len() as u64, "{name} {end}");
                assert!(parsed.rows() <= rows, "{name} {end}");
            }
        }
    }
}

#[test]
fn room_that_was_used_shows_nothing_of_what_was_in_it() {
    let gzip = |text: &str| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
        packed.finish().unwrap()
    };
    let mut room = inflate::Room::take();
    for text in ["a longer text than the next", "short", "", "once more a long text, the longest of all"] {
        let packed = gzip(text);
        let inflated = inflate::inflate(&packed, 1 << 20, &mut room);
        assert_eq!(inflated.bytes, text.as_bytes());
        assert_eq!(inflated.rejects, []);
    }
}

const LINE: &str = r#"0123abcd my-bucket [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT a.txt "GET /a.txt HTTP/1.1" 200 - 113 - 7 - "-" "curl/8" -"#;

/// Which log an object goes to, or why to none.
fn whither(path: &str, text: &str) -> String {
    let Reading { log, parsed, .. } = read(path, text.as_bytes(), 1 << 20);
    match (log, parsed.ignored.clone()) {
        (Some(log), None) => format!("{}: {} + {}", log.name(), parsed.rows(), parsed.rejects.len()),
        (None, Some(reason)) => reason,
        other => panic!("{path}: {other:?}"),
    }
}

const EVENT: &str =
    r#"{"eventVersion":"1.11","eventTime":"2026-09-17T08:14:05Z","eventName":"A","eventID":"1"}"#;
const RECORD: &str = r#"{"schema_version_id":"V_1_0","bucket_name":"my-bucket","request_id":"1"}"#;
const TRAIL_PATH: &str =
    "s3://b/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/09/17/111122223333_CloudTrail_a.json";
const ACCESS_PATH: &str = "s3://b/logs/2026-09-17-08-15-32-3E57427F33A59F07";

#[test]
fn the_content_decides_before_the_path() {
    let delivery = format!(r#"{{"Records":[{EVENT}]}}"#);
    let wrapped = |text: &str| {
        serde_json::json!({"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": text}]})
            .to_string()
    };
    // A client may name itself as it likes, and a key may be any text.
    let forged_agent = LINE.replace("curl/8", &EVENT.replace('"', "\\\""));
    let forged_event = EVENT.replace("\"A\"", &serde_json::Value::from(format!("\n{LINE}\n")).to_string());
    for path in [TRAIL_PATH, ACCESS_PATH, "file:///tmp/x", "-"] {
        assert_eq!(whither(path, LINE), "s3_access: 1 + 0", "{path}");
        assert_eq!(whither(path, &format!("nonsense\n\n{LINE}\r\n")), "s3_access: 1 + 1", "{path}");
        assert_eq!(whither(path, RECORD), "s3_access: 1 + 0", "{path}");
        assert_eq!(whither(path, &format!("[{RECORD},{RECORD}]")), "s3_access: 2 + 0", "{path}");
        assert_eq!(whither(path, &wrapped(RECORD)), "s3_access: 1 + 0", "{path}");
        assert_eq!(whither(path, &format!("{RECORD}\n{LINE}\n")), "s3_access: 2 + 0", "{path}");
        assert_eq!(whither(path, EVENT), "cloudtrail: 1 + 0", "{path}");
        assert_eq!(whither(path, &delivery), "cloudtrail: 1 + 0", "{path}");
        assert_eq!(whither(path, &format!("[{EVENT}]")), "cloudtrail: 1 + 0", "{path}");
        assert_eq!(whither(path, &wrapped(EVENT)), "cloudtrail: 1 + 0", "{path}");
        assert_eq!(whither(path, &forged_agent), "s3_access: 1 + 0", "{path}");
        assert_eq!(whither(path, &forged_event), "cloudtrail: 1 + 0", "{path}");
    }
}

#[test]
fn the_path_decides_where_the_content_does_not() {
    for (text, trail, access, elsewhere) in [
        (LINE.trim_end_matches(" -").trim_end_matches('"'), "not JSON", "s3_access: 0 + 1", "not JSON"),
        (r#"{"Records": [ {"x": "c"#, "cloudtrail: 0 + 1", "cloudtrail: 0 + 1", "cloudtrail: 0 + 1"),
        (r#"{"foo": 1}"#, "cloudtrail: 0 + 1", "s3_access: 0 + 1", "cloudtrail: 0 + 1"),
        (&RECORD[..60], "s3_access: 0 + 1", "s3_access: 0 + 1", "s3_access: 0 + 1"),
    ] {
        for (path, expected) in [(TRAIL_PATH, trail), (ACCESS_PATH, access), ("file:///tmp/x", elsewhere)] {
            let found = whither(path, text);
            assert!(found.starts_with(expected), "{path}: {text}: {found}");
        }
    }
}

#[test]
fn what_is_of_no_log_is_ignored_with_a_reason() {
    let apache =
        r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326 "-" "Mozilla/4.08""#;
    let reasons = [
        "",
        " \n\r\n",
        "<!DOCTYPE html>\n<html>\n<body>[06/Feb/2019:00:00:38 +0000]</body>\n",
        "a,b,c\n1,2,3\n",
        "PK\u{3}\u{4}abc",
        apache,
    ]
    .map(|text| whither("file:///tmp/x", text));
    insta::assert_snapshot!(reasons.join("\n"));
}
