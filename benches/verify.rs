//! Measures the check of a ledger by its digests.
//!
//! ```sh
//! cargo bench --bench verify -- --digests 10000 --files 1000000
//! ```
//!
//! The lake is made of rows alone: digests that are signed, each with its share of the log files, and a row of
//! `sources` for each file. Printed are the time and the peak memory of a whole check.
#![allow(clippy::print_stdout, clippy::expect_used)]

use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use chrono::Duration;
use chrono::TimeZone;
use chrono::Utc;
use ring::rand::SystemRandom;
use ring::signature::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use ring::signature::RsaKeyPair;
use trailql::lake::Key;
use trailql::lake::Lake;
use trailql::lake::Limits;
use trailql::lake::Object;
use trailql::lake::Source;
use trailql::lake::Status;
use trailql::logs::LOGS;
use trailql::logs::digest;
use trailql::logs::digest::Digest;
use trailql::logs::digest::File;
use trailql::logs::sha256;
use trailql::session::Session;
use trailql::storage;
use trailql::verify;
use trailql::verify::Against;
use trailql::verify::Range;
use trailql::verify::signature::signed_text;

const BUCKET: &str = "bench-trail";
const CHAINS: usize = 20;
/// Digests in one commit of the lake.
const BATCH: usize = 200;
const KEY: &str = "00000000000000000000000000000001";

fn iso(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn object(key: &str, log: &'static str, hash: String, digest: Option<Digest>) -> Object {
    let source = Source {
        url: format!("s3://{BUCKET}/{key}"),
        log: Some(log),
        status: Status::Read,
        detail: None,
        size: 20_000,
        etag: Some(format!("\"{}\"", hash.get(..32).unwrap_or_default())),
        last_modified: None,
        sha256: Some(hash),
        records: 0,
        rejected: 0,
        first_event_time: None,
        last_event_time: None,
    };
    Object { source, batches: Vec::new(), rejects: Vec::new(), digest: digest.map(Box::new) }
}

/// One chain of digests, made hour by hour.
struct Maker {
    account: String,
    start: DateTime<Utc>,
    previous: Option<(String, String, String)>,
}

impl Maker {
    fn hour(&mut self, pair: &RsaKeyPair, files: usize, objects: &mut Vec<Object>) {
        let (account, start) = (self.account.clone(), self.start);
        let end = start + Duration::hours(1);
        let day = end.format("%Y/%m/%d");
        let mut named = Vec::with_capacity(files);
        for number in 0..files {
            let time = start + Duration::minutes((number % 60) as i64);
            let stamp = time.format("%Y%m%dT%H%MZ");
            let key = format!(
                "AWSLogs/{account}/CloudTrail/eu-central-1/{}/{account}_CloudTrail_eu-central-1_{stamp}_{number:016}.json.gz",
                time.format("%Y/%m/%d")
            );
            let hash = sha256(key.as_bytes());
            named.push(File {
                s3_bucket: Some(BUCKET.to_owned()),
                s3_object: Some(key.clone()),
                hash: Some(hash.clone()),
                ..File::default()
            });
            objects.push(object(&key, LOGS[0].name(), hash, None));
        }
        let key = format!(
            "AWSLogs/{account}/CloudTrail-Digest/eu-central-1/{day}/{account}_CloudTrail-Digest_eu-central-1_t_eu-central-1_{}.json.gz",
            end.format("%Y%m%dT%H%M%SZ")
        );
        let hash = sha256(key.as_bytes());
        let before = self.previous.take();
        let part = |part: fn(&(String, String, String)) -> &String| {
            before.as_ref().map(|before| part(before).clone())
        };
        let previous_signature = part(|before| &before.2);
        let text = signed_text(&iso(end), BUCKET, &key, &hash, previous_signature.as_deref());
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .expect("a signature");
        let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        let digest = Digest {
            account: Some(account),
            start: Some(iso(start)),
            end: Some(iso(end)),
            s3_bucket: Some(BUCKET.to_owned()),
            s3_object: Some(key.clone()),
            key_fingerprint: Some(KEY.to_owned()),
            algorithm: Some("SHA256withRSA".to_owned()),
            previous_s3_bucket: before.as_ref().map(|_| BUCKET.to_owned()),
            previous_s3_object: part(|before| &before.0),
            previous_hash: part(|before| &before.1),
            previous_signature,
            files: named,
            signature: Some(signature.clone()),
            ..Digest::default()
        };
        objects.push(object(&key, digest::LOG, hash.clone(), Some(digest)));
        self.previous = Some((key, hash, signature));
        self.start = end;
    }
}

/// The peak memory of this process since it was last forgotten, in MiB; 0 where the system does not tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()).and_then(|text| text.parse().ok());
    kilobytes.unwrap_or(0_u64) >> 10
}

fn argument(name: &str, otherwise: usize) -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    arguments.next().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

async fn fill(lake: &Lake, pair: &RsaKeyPair, digests: usize, files: usize) {
    let mut writer = lake.writer(LOGS[0], Limits::default()).await.expect("a writer");
    let first = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).single().expect("a time");
    let mut makers: Vec<Maker> = (0..CHAINS)
        .map(|number| Maker {
            account: format!("{:012}", 111_111_111_111_u64 + number as u64),
            start: first,
            previous: None,
        })
        .collect();
    let mut objects = Vec::new();
    for number in 0..digests {
        let share = files * (number + 1) / digests - files * number / digests;
        makers[number % CHAINS].hour(pair, share, &mut objects);
        if number % BATCH == BATCH - 1 || number == digests - 1 {
            writer.commit(std::mem::take(&mut objects), Utc::now()).await.expect("a commit");
        }
    }
}

#[tokio::main]
async fn main() {
    // `cargo test` runs benches with a few objects, to see that they still work.
    let small = !std::env::args().any(|argument| argument == "--bench");
    let digests = argument("--digests", if small { 40 } else { 10_000 });
    let files = argument("--files", if small { 400 } else { 1_000_000 });
    let pem = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/integrity/trail.pem"));
    let body: String =
        pem.expect("the key of the tests").lines().filter(|line| !line.starts_with('-')).collect();
    let pair = RsaKeyPair::from_der(&STANDARD.decode(body).expect("base64")).expect("a key");
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("lake");
    let location = storage::local(place.to_str().expect("a path that is text")).expect("a place");
    {
        let lake = Lake::open_or_create(&location, LOGS).await.expect("an empty lake");
        fill(&lake, &pair, digests, files).await;
        let value = STANDARD.encode(pair.public_key().as_ref());
        let key = Key {
            fingerprint: KEY.to_owned(),
            region: None,
            valid_from: None,
            valid_until: None,
            value,
            source: "the bench".to_owned(),
        };
        lake.add_keys(&[key]).await.expect("a key in the lake");
    }
    // Forgets the peak of what was before.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let started = Instant::now();
    let lake = Lake::open(&location, LOGS).await.expect("the lake");
    let session = Session::new(lake.clone(), 1 << 30).expect("a session");
    let report =
        verify::run(&lake, &session, &Range::default(), Against::Ledger, Utc::now()).await.expect("a check");
    let seconds = started.elapsed().as_secs_f64();
    assert!(report.is_whole(), "{}", report.text());
    println!("{:>10} {:>10} {:>10} {:>10}", "digests", "files", "seconds", "peak, MiB");
    println!("{digests:>10} {files:>10} {seconds:>10.1} {:>10}", peak());
}
