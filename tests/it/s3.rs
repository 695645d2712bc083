//! Sources and lakes in S3: the same rows as from a folder, whatever fails on the way, and errors that help.

use std::path::Path;
use std::process::Stdio;

use crate::kill::write_bucket;
use crate::moto;
use crate::moto::Moto;
use crate::program::Ended;
use crate::program::trailql;
use crate::proxy;
use crate::proxy::Fate;
use crate::proxy::Proxy;

const BUCKET: &str = "kestrel-trail";
const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/cloudtrail");

/// A server with a bucket, the same objects in a folder, and what a lake of that folder holds.
struct Case {
    moto: Moto,
    folder: tempfile::TempDir,
    expected: String,
}

impl Case {
    fn new() -> Option<Self> {
        let moto = Moto::start()?;
        let folder = tempfile::tempdir().unwrap();
        let bucket = folder.path().join("bucket");
        write_bucket(&bucket);
        for sample in std::fs::read_dir(SAMPLES).unwrap() {
            let sample = sample.unwrap();
            std::fs::copy(sample.path(), bucket.join(sample.file_name())).unwrap();
        }
        moto.create_bucket(BUCKET);
        moto.put_folder(BUCKET, "trail", &bucket);
        let mut case = Self { moto, folder, expected: String::new() };
        let endpoint = case.moto.endpoint();
        ingest(case.folder(), &endpoint, "local", "bucket");
        let local = format!("file://{}", bucket.canonicalize().unwrap().display());
        case.expected = content(case.folder(), &endpoint, "local", &local);
        assert!(case.expected.contains("RunInstances") && case.expected.contains("\"reason\""));
        Some(case)
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a lake of the bucket holds.
    fn content(&self, lake: &str) -> String {
        content(self.folder(), &self.moto.endpoint(), lake, &source())
    }
}

fn source() -> String {
    format!("s3://{BUCKET}/trail")
}

fn ingest(folder: &Path, endpoint: &str, lake: &str, source: &str) -> String {
    // So little memory that there are many commits.
    let ended = moto::run(folder, endpoint, &["--lake", lake, "ingest", "--memory", "512KiB", source]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    ended.out
}

/// All that a lake holds, but for the times of the ingest, the versions of the objects and where they lie.
fn content(folder: &Path, endpoint: &str, lake: &str, prefix: &str) -> String {
    let queries = "SELECT * FROM cloudtrail ORDER BY source_file, source_index;
        SELECT url, log, status, detail, size, sha256, records, rejected, first_event_time, last_event_time
            FROM sources ORDER BY url;
        SELECT source_file, position, reason, content FROM rejects ORDER BY source_file, position";
    let ended = moto::run(folder, endpoint, &["--lake", lake, "sql", "--format", "ndjson", queries]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.contains(prefix), "{}", ended.out);
    ended.out.replace(prefix, "")
}

#[test]
fn a_bucket_gives_the_rows_of_the_folder() {
    let Some(case) = Case::new() else { return };
    let proxy = Proxy::recording(case.moto.port());
    for lake in ["lake".to_owned(), format!("s3://{BUCKET}/case 7/ä#%/lake")] {
        let first = ingest(case.folder(), &proxy.endpoint(), &lake, &source());
        assert_eq!(case.content(&lake), case.expected, "{lake}");

        let before = proxy.asked().len();
        let again = moto::run(case.folder(), &proxy.endpoint(), &["--lake", &lake, "ingest", &source()]);
        assert_ne!(again.out, first);
        assert_eq!(case.content(&lake), case.expected, "{lake}, again");
        let fetched = |asked: &&proxy::Asked| {
            asked.method == "GET"
                && asked.target.contains("/trail/AWSLogs/")
                && asked.parameter("list-type").is_none()
        };
        assert_eq!(proxy.asked()[before..].iter().find(fetched), None);
    }
}

#[test]
fn two_writers_share_a_lake() {
    let Some(case) = Case::new() else { return };
    let lake = format!("s3://{BUCKET}/lake");
    let source = source();
    let arguments = ["--lake", &lake, "ingest", "--memory", "512KiB", &source];
    let children: Vec<_> = (0..2)
        .map(|_| {
            let mut command = moto::command(case.folder(), &case.moto.endpoint(), &arguments);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let ended: Ended = child.wait_with_output().unwrap().into();
        assert!(matches!(ended.code, Some(0 | 3)), "{ended:?}");
    }
    assert_eq!(case.content(&lake), case.expected);
}

#[test]
fn faults_change_no_row() {
    let Some(case) = Case::new() else { return };
    let proxy = Proxy::faulty(case.moto.port());
    let lake = format!("s3://{BUCKET}/lake");
    ingest(case.folder(), &proxy.endpoint(), &lake, &source());
    assert!(proxy.asked().len() > 100);
    assert_eq!(content(case.folder(), &proxy.endpoint(), &lake, &source()), case.expected);
}

#[test]
fn any_key_is_read() {
    let Some(moto) = Moto::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    moto.create_bucket(BUCKET);
    let keys = [
        "logs//AWSLogs/double slash.json",
        "/logs/leading.json",
        "logs/100% a#b?c&d+e=f;g.json",
        "logs/a%2Fb.json",
        "logs/ä/日本.json",
        "logs/folder/",
        "logs/folder",
    ];
    for (number, key) in keys.iter().enumerate() {
        let record = format!(
            r#"{{"eventVersion":"1.09","eventTime":"2026-09-17T00:00:00Z","eventName":"E{number}"}}"#
        );
        moto.put(BUCKET, key, record.as_bytes());
    }
    let lake = ["--lake", "lake"];
    for source in
        ["s3://kestrel-trail", "s3://kestrel-trail/logs//AWSLogs/", "s3://kestrel-trail/logs/a%2Fb.json"]
    {
        let ended = moto::run(folder.path(), &moto.endpoint(), &[lake[0], lake[1], "ingest", source]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    let query = "SELECT source_file, event_name FROM cloudtrail ORDER BY event_name";
    let ended =
        moto::run(folder.path(), &moto.endpoint(), &[lake[0], lake[1], "sql", "--format", "ndjson", query]);
    let expected: String = keys
        .iter()
        .enumerate()
        .map(|(number, key)| {
            format!("{{\"source_file\":\"s3://kestrel-trail/{key}\",\"event_name\":\"E{number}\"}}\n")
        })
        .collect();
    assert_eq!(ended.out, expected);
}

#[test]
fn a_key_that_no_client_can_ask_for_stops_nothing() {
    let Some(moto) = Moto::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    moto.create_bucket(BUCKET);
    moto.put(BUCKET, "logs/good.json", br#"{"eventVersion":"1.09","eventName":"Good"}"#);
    // Such a key can be put by clients that do not resolve it; the server here has it through the listing alone.
    let listing = "<ListBucketResult><Contents><Key>logs/../x.json</Key><LastModified>2026-09-17T00:00:00.000Z</LastModified>\
         <ETag>\"1\"</ETag><Size>1</Size></Contents><Contents><Key>logs/good.json</Key>\
         <LastModified>2026-09-17T00:00:00.000Z</LastModified><ETag>\"2\"</ETag><Size>42</Size></Contents></ListBucketResult>";
    let proxy = Proxy::start(moto.port(), |_, asked| match asked.parameter("list-type") {
        Some(_) => Fate::Refused(200, listing.to_owned()),
        None => Fate::Answered,
    });
    let ended =
        moto::run(folder.path(), &proxy.endpoint(), &["--lake", "lake", "ingest", "s3://kestrel-trail/logs"]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.out.contains("s3://kestrel-trail/logs/../x.json cannot be asked for"), "{}", ended.out);
    assert!(proxy.asked().iter().all(|asked| !asked.target.ends_with("/x.json")));
    let query = "SELECT count(*) FROM cloudtrail WHERE event_name = 'Good'";
    assert_eq!(crate::program::number(folder.path(), "lake", query), 1);
}

/// The lines of a summary that are about objects of the bucket; the others hold times.
fn failures(summary: &str) -> String {
    // From which day on it was listed depends on today.
    let told = summary.lines().filter(|line| line.contains("s3:") && !line.starts_with("listed "));
    told.map(|line| format!("{line}\n")).collect()
}

#[test]
fn errors_say_what_to_do() {
    let Some(moto) = Moto::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    moto.create_bucket(BUCKET);
    moto.put(BUCKET, "trail/a.json", b"{}");
    let mut said = String::new();
    let mut note = |what: &str, ended: Ended| {
        let err = ended.err.replace(&folder.path().canonicalize().unwrap().display().to_string(), "[folder]");
        said += &format!("--- {what}: exit code {:?}\n{}{err}", ended.code, ended.out);
    };
    let ingest = ["--lake", "lake", "ingest", "s3://kestrel-trail/trail"];
    let endpoint = moto.endpoint();

    note(
        "no bucket",
        moto::run(folder.path(), &endpoint, &["--lake", "lake", "ingest", "s3://kestrel-tail/trail"]),
    );
    note(
        "no objects",
        moto::run(folder.path(), &endpoint, &["--lake", "lake", "ingest", "s3://kestrel-trail/tail"]),
    );
    note("no lake", moto::run(folder.path(), &endpoint, &["--lake", "s3://kestrel-trail/lake", "status"]));
    note(
        "no bucket for the lake",
        moto::run(folder.path(), &endpoint, &["--lake", "s3://kestrel-tail/lake", "status"]),
    );
    note("no name", moto::run(folder.path(), &endpoint, &["--lake", "lake", "ingest", "s3:///trail"]));
    note("another scheme", moto::run(folder.path(), &endpoint, &["--lake", "gs://bucket", "status"]));

    let refusing = |when: fn(&proxy::Asked) -> bool, fate: Fate| {
        Proxy::start(moto.port(), move |_, asked| if when(asked) { fate.clone() } else { Fate::Answered })
    };
    let is_listing = |asked: &proxy::Asked| asked.parameter("list-type").is_some();
    let proxy = refusing(is_listing, Fate::denied());
    note("listing denied", moto::run(folder.path(), &proxy.endpoint(), &ingest));
    let expired = Fate::Refused(400, proxy::error("ExpiredToken", "The provided token has expired."));
    let proxy = refusing(is_listing, expired);
    note("expired", moto::run(folder.path(), &proxy.endpoint(), &ingest));
    let proxy = refusing(|asked| asked.method == "PUT", Fate::denied());
    let to_s3 = ["--lake", "s3://kestrel-trail/lake", "ingest", "s3://kestrel-trail/trail"];
    note("writing denied", moto::run(folder.path(), &proxy.endpoint(), &to_s3));
    moto::run(folder.path(), &endpoint, &to_s3);
    let proxy = refusing(
        |asked| asked.method == "GET" && asked.target.contains("/lake/sources/part-"),
        Fate::denied(),
    );
    let query = ["--lake", "s3://kestrel-trail/lake", "sql", "SELECT url FROM sources"];
    let mut ended = moto::run(folder.path(), &proxy.endpoint(), &query);
    while let Some(at) = ended.err.find("part-") {
        let end = at + ended.err[at..].find(".parquet").unwrap() + ".parquet".len();
        ended.err.replace_range(at..end, "[file]");
    }
    note("query denied", ended);
    let proxy = refusing(|asked| asked.method == "GET" && asked.target.ends_with("/a.json"), Fate::denied());
    let mut ended = moto::run(folder.path(), &proxy.endpoint(), &ingest);
    ended.out = failures(&ended.out);
    note("object denied", ended);

    let mut nobody = trailql(folder.path(), &ingest);
    nobody.env("AWS_ENDPOINT_URL", &endpoint).env("AWS_EC2_METADATA_DISABLED", "true");
    note("no credentials", nobody.output().unwrap().into());
    let mut profile = trailql(folder.path(), &ingest);
    profile
        .env("AWS_ENDPOINT_URL", &endpoint)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_PROFILE", "kim");
    note("no such profile", profile.output().unwrap().into());
    let wrong = ["AWS_ENDPOINT_URL", "localhost:9000"];
    let mut command = moto::command(folder.path(), &endpoint, &ingest);
    note("wrong endpoint", command.env(wrong[0], wrong[1]).output().unwrap().into());
    let mut anonymous = trailql(folder.path(), &ingest);
    anonymous
        .env("AWS_ENDPOINT_URL", &endpoint)
        .env("AWS_SKIP_SIGNATURE", "true")
        .env("AWS_REGION", moto::REGION);
    let mut ended: Ended = anonymous.output().unwrap().into();
    ended.out = failures(&ended.out);
    note("anonymous", ended);

    assert!(!said.contains(moto::SECRET_KEY), "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn settings_come_from_profiles_too() {
    let Some(moto) = Moto::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    moto.create_bucket(BUCKET);
    moto.put(BUCKET, "a.json", br#"{"eventVersion":"1.09","eventName":"Good"}"#);
    let proxy = Proxy::recording(moto.port());
    let config = format!(
        "[profile case]\nregion = us-west-2\nservices = local\n[services local]\ns3 =\n  endpoint_url = {}\n",
        proxy.endpoint()
    );
    std::fs::write(folder.path().join("config"), config).unwrap();
    let credentials =
        "[case]\naws_access_key_id = AKIACASE\naws_secret_access_key = secret\naws_session_token = token\n";
    std::fs::write(folder.path().join("credentials"), credentials).unwrap();
    let mut command = trailql(folder.path(), &["--lake", "lake", "ingest", "s3://kestrel-trail"]);
    command.env("AWS_CONFIG_FILE", "config").env("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    command.env("AWS_PROFILE", "case").env("AWS_REQUEST_PAYER", "requester");
    let ended: Ended = command.output().unwrap().into();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for asked in proxy.asked() {
        let headers = asked.headers.join("\n").to_lowercase();
        assert!(headers.contains("credential=akiacase/") && headers.contains("/us-west-2/s3/"), "{headers}");
        assert!(headers.contains("x-amz-security-token: token"), "{headers}");
        assert!(headers.contains("x-amz-request-payer: requester"), "{headers}");
    }
}

#[test]
fn only_the_prefixes_that_are_asked_for_are_listed() {
    let Some(moto) = Moto::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    moto.create_bucket(BUCKET);
    let accounts = ["111111111111", "222222222222", "333333333333"];
    let regions = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"];
    for account in accounts {
        for region in regions {
            for day in 1..=30 {
                let name = format!("{account}_CloudTrail_{region}_202609{day:02}T0810Z_x.json");
                let key = format!("AWSLogs/{account}/CloudTrail/{region}/2026/09/{day:02}/{name}");
                let record = format!(
                    r#"{{"Records":[{{"eventVersion":"1.09","eventTime":"2026-09-{day:02}T08:00:00Z","eventName":"E"}}]}}"#
                );
                moto.put(BUCKET, &key, record.as_bytes());
            }
        }
    }
    let proxy = Proxy::recording(moto.port());
    let source = format!("s3://{BUCKET}");
    let narrow = [
        "--account",
        "222222222222",
        "--region",
        "us-east-1",
        "--since",
        "2026-09-10",
        "--until",
        "2026-09-12",
    ];
    let arguments = [&["--lake", "lake", "ingest", source.as_str()], &narrow[..]].concat();
    let ended = moto::run(folder.path(), &proxy.endpoint(), &arguments);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(crate::program::number(folder.path(), "lake", "SELECT count(*) FROM cloudtrail"), 2);
    let asked = proxy.asked();
    let prefixes: Vec<&str> = asked
        .iter()
        .filter(|asked| asked.parameter("list-type").is_some())
        .filter_map(|asked| asked.parameter("prefix"))
        .filter(|prefix| prefix.contains("CloudTrail"))
        .collect();
    insta::assert_snapshot!(sorted(prefixes), @r"
    AWSLogs%2F222222222222%2FCloudTrail%2F
    AWSLogs%2F222222222222%2FCloudTrail%2Fus-east-1%2F2026%2F09%2F10%2F
    AWSLogs%2F222222222222%2FCloudTrail%2Fus-east-1%2F2026%2F09%2F11%2F
    AWSLogs%2F222222222222%2FCloudTrail%2Fus-east-1%2F2026%2F09%2F12%2F
    ");
}

fn sorted(mut lines: Vec<&str>) -> String {
    lines.sort_unstable();
    lines.join("\n")
}
