//! A bucket that is whole verifies; each way to tamper with it is named, with its hour, and nothing else is.

use std::sync::Arc;

use chrono::Utc;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use serde_json::Value;
use trailql::ingest;
use trailql::ingest::Options;
use trailql::ingest::Progress;
use trailql::ingest::Source;
use trailql::lake::Lake;
use trailql::logs::LOGS;
use trailql::session::Session;
use trailql::storage::Location;
use trailql::verify;
use trailql::verify::Against;
use trailql::verify::Range;
use trailql::verify::Report;
use url::Url;

use crate::made::ask;
use crate::moto;
use crate::moto::Moto;
use crate::program;
use crate::proxy::Fate;
use crate::proxy::Proxy;
use crate::trail::ACCOUNTS;
use crate::trail::BACKFILLS;
use crate::trail::BUCKET;
use crate::trail::HOURS;
use crate::trail::REGIONS;
use crate::trail::Signer;
use crate::trail::Trail;
use crate::trail::digest_key;
use crate::trail::log_key;
use crate::trail::start;

const ACCOUNT: &str = ACCOUNTS[1];
const REGION: &str = REGIONS[1];
const HOUR: i64 = 30;

async fn lake() -> Lake {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let location = Location::in_store(Url::parse("memory:///lake").unwrap(), store).unwrap();
    Lake::open_or_create(&location, LOGS).await.unwrap()
}

async fn ingest_trail(lake: &Lake, trail: &Trail) {
    let url = Url::parse(&format!("s3://{BUCKET}/")).unwrap();
    let source = Source::at(Location::in_store(url, trail.store().await).unwrap());
    let options = Options::default();
    let summary = ingest::run(lake, vec![source], &options, &Arc::new(Progress::default())).await.unwrap();
    assert!(summary.failed == 0 && summary.ignored.is_empty(), "{summary:?}");
}

async fn verify_lake(lake: &Lake, range: &Range) -> Report {
    let session = Session::new(lake.clone(), 1 << 28).unwrap();
    verify::run(lake, &session, range, Against::Ledger, Utc::now()).await.unwrap()
}

/// What a check of a bucket finds, a line each.
async fn findings(trail: &Trail) -> Vec<String> {
    let lake = lake().await;
    lake.add_keys(&[Signer::named("trail").key()]).await.unwrap();
    ingest_trail(&lake, trail).await;
    named(&verify_lake(&lake, &Range::default()).await)
}

fn named(report: &Report) -> Vec<String> {
    assert_eq!(report.is_whole(), report.findings.is_empty(), "{}", report.text());
    let document = report.json();
    let line = |finding: &Value| {
        let part = |name: &str| finding[name].as_str().unwrap_or("-").to_owned();
        let url = part("url").replace(&format!("s3://{BUCKET}/"), "");
        format!("{} {} {} {} {url}", part("kind"), part("verdict"), part("from"), part("until"))
    };
    document["findings"].as_array().unwrap().iter().map(line).collect()
}

fn iso(hour: i64) -> String {
    start(hour).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn digest(verdict: &str, hour: i64, key: &str) -> String {
    format!("digest {verdict} {} {} {key}", iso(hour), iso(hour + 1))
}

fn log(verdict: &str, key: &str, hour: i64) -> String {
    // The name of a delivery tells its minute.
    let stamp = (start(hour) + chrono::Duration::minutes(20)).format("%Y-%m-%dT%H:%M:00Z");
    format!("log {verdict} {stamp} - {key}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_bucket_verifies() {
    let signer = Signer::named("trail");
    let trail = Trail::make(&signer, |_, _, _| false);
    let lake = lake().await;
    ingest_trail(&lake, &trail).await;
    let without_key = verify_lake(&lake, &Range::default()).await;
    let chains = (ACCOUNTS.len() * REGIONS.len()) as u64;
    let digests = chains * (HOURS + BACKFILLS) as u64;
    assert_eq!(without_key.digests().into_iter().collect::<Vec<_>>(), [("key_unknown", digests)]);

    assert_eq!(lake.add_keys(&[signer.key()]).await.unwrap(), 1);
    assert_eq!(lake.add_keys(&[signer.key()]).await.unwrap(), 0, "a key comes in once");
    let report = verify_lake(&lake, &Range::default()).await;
    assert_eq!(named(&report), Vec::<String>::new());
    assert_eq!(report.digests().into_iter().collect::<Vec<_>>(), [("verified", digests)]);
    assert_eq!(report.files().into_iter().collect::<Vec<_>>(), [("verified", digests)]);
    assert_eq!(report.chains.len() as u64, 2 * chains);

    let session = Session::new(lake.clone(), 1 << 28).unwrap();
    let counts = ask(
        &session,
        "SELECT (SELECT count(*) FROM cloudtrail) AS events, (SELECT count(*) FROM cloudtrail_verified) AS verified, \
         (SELECT count(*) FROM digests) AS digests, (SELECT count(*) FROM digest_files) AS files, \
         (SELECT count(*) FROM file_verdicts WHERE verdict = 'verified') AS verdicts",
    );
    insta::assert_snapshot!(counts.await, @r"
    +--------+----------+---------+-------+----------+
    | events | verified | digests | files | verdicts |
    +--------+----------+---------+-------+----------+
    | 444    | 444      | 444     | 444   | 888      |
    +--------+----------+---------+-------+----------+
    ");
    // Once more reads nothing and doubles nothing; a narrower check keeps what it is not about.
    ingest_trail(&lake, &trail).await;
    let range = Range { accounts: vec![ACCOUNT.to_owned()], since: Some(start(10)), ..Range::default() };
    let narrow = verify_lake(&lake, &range).await;
    assert!(narrow.is_whole(), "{}", narrow.text());
    let count =
        ask(&session, "SELECT count(*) AS verdicts FROM file_verdicts WHERE verdict = 'verified'").await;
    assert!(count.contains("| 888 "), "{count}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_touched_is_named() {
    let whole = Trail::make(&Signer::named("trail"), |_, _, _| false);
    let key = log_key(ACCOUNT, REGION, HOUR);

    let mut trail = whole.clone();
    trail.edit(&key, |text| text.replace("203.0.113.7", "203.0.113.8"));
    assert_eq!(findings(&trail).await, [log("altered", &key, HOUR)]);

    let mut trail = whole.clone();
    trail.remove(&key);
    assert_eq!(findings(&trail).await, [log("missing", &key, HOUR)]);

    let mut trail = whole.clone();
    let planted = key.replace(&format!("_{HOUR:016}"), "_plantedPlanted01");
    let text = trail.text(&key);
    trail.put(&planted, &text, None);
    assert_eq!(findings(&trail).await, [log("not_in_any_digest", &planted, HOUR)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_that_was_touched_is_named() {
    let whole = Trail::make(&Signer::named("trail"), |_, _, _| false);
    let key = digest_key(ACCOUNT, REGION, HOUR);

    let mut trail = whole.clone();
    trail.edit(&key, |text| text.replace("\"hashValue\":\"", "\"hashValue\":\"0"));
    assert_eq!(findings(&trail).await, [digest("altered", HOUR, &key)]);

    let mut trail = whole.clone();
    trail.remove(&key);
    assert_eq!(findings(&trail).await, [digest("missing", HOUR, &key)]);

    let mut trail = whole.clone();
    let second = digest_key(ACCOUNT, REGION, HOUR + 1);
    trail.remove(&key);
    trail.remove(&second);
    assert_eq!(findings(&trail).await, [digest("missing", HOUR, &key), digest("missing", HOUR + 1, &second)]);

    let mut trail = whole.clone();
    let elsewhere = key.replace("/2026/09/15/", "/2026/09/16/");
    let stored = trail.objects.remove(&key).unwrap();
    trail.objects.insert(elsewhere.clone(), stored);
    assert_eq!(findings(&trail).await, [digest("out_of_place", HOUR, &elsewhere)]);

    let mut trail = whole.clone();
    let other = Signer::named("other");
    let mut body: Value = serde_json::from_str(&trail.text(&key)).unwrap();
    body["digestPublicKeyFingerprint"] = other.fingerprint.clone().into();
    trail.sign(&other, &key, &body);
    assert_eq!(findings(&trail).await, [digest("key_unknown", HOUR, &key)]);

    // Under the name of the true key, the signature does not fit.
    let mut trail = whole.clone();
    let body: Value = serde_json::from_str(&trail.text(&key)).unwrap();
    let mut forged = body.clone();
    forged["logFiles"] = Value::Array(Vec::new());
    trail.sign(&other, &key, &forged);
    assert_eq!(findings(&trail).await, [digest("altered", HOUR, &key)]);

    // The newest of a chain is named by none, but its kin go on.
    let mut trail = whole.clone();
    let newest = digest_key(ACCOUNT, REGION, HOURS - 1);
    trail.remove(&newest);
    assert_eq!(findings(&trail).await, [digest("missing", HOURS - 1, &newest)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_without_logging_are_told() {
    let off = |account: &str, region: &str, hour: i64| {
        account == ACCOUNT && region == REGION && (HOUR..HOUR + 6).contains(&hour)
    };
    let trail = Trail::make(&Signer::named("trail"), off);
    assert_eq!(findings(&trail).await, [format!("chain off {} {} -", iso(HOUR), iso(HOUR + 6))]);
}

#[test]
fn a_copy_of_a_bucket_is_checked_by_the_program() {
    let signer = Signer::named("trail");
    let folder = tempfile::tempdir().unwrap();
    let trail = Trail::make(&signer, |account, region, _| account != ACCOUNT || region != REGION);
    trail.write(&folder.path().join("copy"));
    let keys = serde_json::json!({"PublicKeyList": [{
        "Value": signer.value(), "Fingerprint": signer.fingerprint,
        "ValidityStartTime": "2026-09-01T00:00:00+00:00", "ValidityEndTime": 1_790_000_000.0,
    }]});
    std::fs::write(folder.path().join("keys.json"), keys.to_string()).unwrap();
    let run =
        |arguments: &[&str]| program::run(folder.path(), &[&["--lake", "lake"][..], arguments].concat());
    assert_eq!(run(&["keys", "import", "keys.json", "--region", REGION]).code, Some(0));
    assert!(run(&["keys", "list"]).out.contains(&signer.fingerprint));
    assert_eq!(run(&["ingest", "copy"]).code, Some(0));
    let all = run(&["verify"]);
    assert_eq!(all.code, Some(3), "{all:?}");
    // A copy has no metadata: the newest of each chain is signed by nobody.
    assert_eq!(all.out.matches("digest unsigned").count(), REGIONS.len() * ACCOUNTS.len() + 1, "{}", all.out);
    let (since, until) = (iso(40), iso(HOURS - 1));
    let mut narrow = vec!["verify", "--download", "--region", REGION, "--account", ACCOUNT];
    narrow.extend(["--since", since.as_str(), "--until", until.as_str()]);
    let narrow = run(&narrow);
    assert_eq!(narrow.code, Some(0), "{narrow:?}");
    let json = run(&["verify", "--format", "json"]).out;
    let document: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(document["verified"], false);
    assert_eq!(document["keys"][0]["fingerprint"], signer.fingerprint.as_str());
    // What is edited after it was read is told by a download.
    let edited = folder.path().join("copy").join(log_key(ACCOUNT, REGION, 50));
    std::fs::write(edited, b"{}").unwrap();
    let now = run(&["verify", "--download"]);
    assert!(now.out.contains("log altered"), "{}", now.out);
}

#[test]
fn a_bucket_gives_the_signatures_in_its_metadata() {
    let Some(moto) = Moto::start() else { return };
    let signer = Signer::named("trail");
    let folder = tempfile::tempdir().unwrap();
    let trail =
        Trail::make(&signer, |account, region, hour| account != ACCOUNT || region != REGION || hour >= 3);
    moto.create_bucket(BUCKET);
    for (key, stored) in &trail.objects {
        let metadata = stored.signature.as_ref().map(|signature| {
            format!("x-amz-meta-signature: {signature}\r\nx-amz-meta-signature-algorithm: SHA256withRSA\r\n")
        });
        moto.send_with("PUT", &format!("{BUCKET}/{key}"), &metadata.unwrap_or_default(), &stored.bytes);
    }
    // Moto has no ListPublicKeys.
    let keys = serde_json::json!([{
        "Value": signer.value(), "Fingerprint": signer.fingerprint, "ValidityStartTime": 1_788_000_000,
        "ValidityEndTime": 1_798_000_000,
    }]);
    let listed = serde_json::json!({"PublicKeyList": keys}).to_string();
    let proxy =
        Proxy::start(moto.port(), move |_, asked| match (asked.method.as_str(), asked.target.as_str()) {
            ("POST", "/") => Fate::Refused(200, listed.clone()),
            _ => Fate::Answered,
        });
    let run = |arguments: &[&str]| {
        moto::run(folder.path(), &proxy.endpoint(), &[&["--lake", "lake"][..], arguments].concat())
    };
    assert_eq!(run(&["ingest", &format!("s3://{BUCKET}/logs")]).code, Some(0));
    let fetched = run(&["keys", "fetch"]);
    assert_eq!(
        fetched.out, "keys  eu-central-1: 1 listed, 1 new\nkeys  us-east-1: 1 listed, 1 new\n",
        "{fetched:?}"
    );
    for arguments in [&["verify"][..], &["verify", "--download"]] {
        let ended = run(arguments);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.out.contains("digests  15 = 15 verified"), "{}", ended.out);
    }
}
