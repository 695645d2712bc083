//! A made-up bucket of an organisation's trail: three accounts, two regions, three days, each hour signed.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use chrono::Duration;
use chrono::TimeZone;
use chrono::Utc;
use object_store::Attribute;
use object_store::Attributes;
use object_store::ObjectStore;
use object_store::PutOptions;
use object_store::memory::InMemory;
use ring::rand::SystemRandom;
use ring::signature::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use ring::signature::RsaKeyPair;
use serde_json::Value;
use serde_json::json;
use trailql::lake::Key;
use trailql::logs::sha256;
use trailql::verify::signature::signed_text;

pub(crate) const BUCKET: &str = "kestrel-org-trail";
pub(crate) const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];
pub(crate) const REGIONS: [&str; 2] = ["eu-central-1", "us-east-1"];
const TRAIL: &str = "org_trail";
pub(crate) const HOURS: i64 = 72;
/// Digests of one account and region of later deliveries.
pub(crate) const BACKFILLS: i64 = 2;

/// A key of the tests, by which digests are signed.
pub(crate) struct Signer {
    pair: RsaKeyPair,
    pub(crate) fingerprint: String,
}

impl Signer {
    pub(crate) fn named(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/integrity/{name}.pem"));
        let text = std::fs::read_to_string(path).unwrap();
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let pair = RsaKeyPair::from_der(&STANDARD.decode(body).unwrap()).unwrap();
        let fingerprint = sha256(pair.public_key().as_ref())[..32].to_owned();
        Self { pair, fingerprint }
    }

    pub(crate) fn sign(&self, text: &str) -> String {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        signature.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn value(&self) -> String {
        STANDARD.encode(self.pair.public_key().as_ref())
    }

    pub(crate) fn key(&self) -> Key {
        Key {
            fingerprint: self.fingerprint.clone(),
            region: None,
            valid_from: None,
            valid_until: None,
            value: self.value(),
            source: "the tests".to_owned(),
        }
    }
}

/// One object with the signature in its metadata.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) bytes: Vec<u8>,
    pub(crate) signature: Option<String>,
}

/// The objects by their keys.
#[derive(Clone, Default)]
pub(crate) struct Trail {
    pub(crate) objects: BTreeMap<String, Stored>,
}

pub(crate) fn zipped(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn unzipped(bytes: &[u8]) -> String {
    std::io::read_to_string(flate2::read::GzDecoder::new(bytes)).unwrap()
}

/// The start of an hour's digest, which begins at the same minute in each hour.
pub(crate) fn start(hour: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 9, 14, 0, 4, 5).unwrap() + Duration::hours(hour)
}

fn iso(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn folder(account: &str, kind: &str, region: &str, time: DateTime<Utc>) -> String {
    format!("logs/AWSLogs/o-abc1234567/{account}/{kind}/{region}/{}", time.format("%Y/%m/%d"))
}

/// The key of the delivery of an hour.
pub(crate) fn log_key(account: &str, region: &str, hour: i64) -> String {
    let time = start(hour) + Duration::minutes(20);
    let stamp = time.format("%Y%m%dT%H%MZ");
    let folder = folder(account, "CloudTrail", region, time);
    format!("{folder}/{account}_CloudTrail_{region}_{stamp}_{hour:016}.json.gz")
}

/// The key of the digest of an hour.
pub(crate) fn digest_key(account: &str, region: &str, hour: i64) -> String {
    let end = start(hour + 1);
    let stamp = end.format("%Y%m%dT%H%M%SZ");
    let folder = folder(account, "CloudTrail-Digest", region, end);
    format!("{folder}/{account}_CloudTrail-Digest_{region}_{TRAIL}_eu-central-1_{stamp}.json.gz")
}

fn log(account: &str, region: &str, hour: i64) -> String {
    let time = iso(start(hour) + Duration::minutes(7));
    json!({"Records": [{
        "eventVersion": "1.09", "eventTime": time, "eventSource": "s3.amazonaws.com", "eventName": "ListBuckets",
        "awsRegion": region, "recipientAccountId": account, "eventID": format!("{account}-{region}-{hour}"),
        "sourceIPAddress": "203.0.113.7", "userIdentity": {"type": "Root", "accountId": account},
    }]})
    .to_string()
}

impl Trail {
    /// A bucket in which all is well, but that logging was off in the hours for which `off` says so.
    pub(crate) fn make(signer: &Signer, off: impl Fn(&str, &str, i64) -> bool) -> Self {
        let mut trail = Self::default();
        for account in ACCOUNTS {
            for region in REGIONS {
                let mut previous = None;
                for hour in 0..HOURS {
                    if off(account, region, hour) {
                        previous = None;
                        continue;
                    }
                    let text = log(account, region, hour);
                    let key = log_key(account, region, hour);
                    let file = file(&key, &text);
                    trail.put(&key, &text, None);
                    let digest = digest_key(account, region, hour);
                    let body = body(account, signer, hour, &digest, vec![file], previous.as_ref());
                    previous = Some(trail.sign(signer, &digest, &body));
                }
                trail.backfill(signer, account, region);
            }
        }
        trail
    }

    /// Digests of later deliveries, which come now and then.
    fn backfill(&mut self, signer: &Signer, account: &str, region: &str) {
        let mut previous = None;
        for number in 0..BACKFILLS {
            let hour = 20 + 17 * number;
            let text = log(account, region, 1_000 + hour);
            let key = log_key(account, region, hour)
                .replace(&format!("_{hour:016}"), &format!("_{number:08}backfill"));
            self.put(&key, &text, None);
            let digest = digest_key(account, region, hour).replace(".json.gz", "_backfill.json.gz");
            let body = body(account, signer, hour, &digest, vec![file(&key, &text)], previous.as_ref());
            previous = Some(self.sign(signer, &digest, &body));
        }
    }

    pub(crate) fn put(&mut self, key: &str, text: &str, signature: Option<String>) {
        self.objects.insert(key.to_owned(), Stored { bytes: zipped(text), signature });
    }

    /// Signs the text of a digest and puts it under its key; returns what the next one says of it.
    pub(crate) fn sign(&mut self, signer: &Signer, key: &str, body: &Value) -> (String, String, String) {
        let text = body.to_string();
        let hash = sha256(text.as_bytes());
        let end = body["digestEndTime"].as_str().unwrap();
        let previous = body["previousDigestSignature"].as_str();
        let signature = signer.sign(&signed_text(end, BUCKET, key, &hash, previous));
        self.put(key, &text, Some(signature.clone()));
        (key.to_owned(), hash, signature)
    }

    pub(crate) fn text(&self, key: &str) -> String {
        unzipped(&self.objects[key].bytes)
    }

    /// Edits what lies under a key; the metadata stays as it was.
    pub(crate) fn edit(&mut self, key: &str, edit: impl Fn(String) -> String) {
        let edited = edit(self.text(key));
        assert_ne!(edited, self.text(key));
        let signature = self.objects[key].signature.clone();
        self.put(key, &edited, signature);
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.objects.remove(key).unwrap();
    }

    /// A store that holds the objects with their metadata.
    pub(crate) async fn store(&self) -> Arc<dyn ObjectStore> {
        let store = InMemory::new();
        for (key, stored) in &self.objects {
            let mut attributes = Attributes::new();
            if let Some(signature) = &stored.signature {
                attributes.insert(Attribute::Metadata("signature".into()), signature.clone().into());
                let algorithm = Attribute::Metadata("signature-algorithm".into());
                attributes.insert(algorithm, "SHA256withRSA".into());
            }
            let options = PutOptions { attributes, ..PutOptions::default() };
            store.put_opts(&key.as_str().into(), stored.bytes.clone().into(), options).await.unwrap();
        }
        Arc::new(store)
    }

    /// Writes the objects into a folder, where no metadata is kept.
    pub(crate) fn write(&self, folder: &Path) {
        for (key, stored) in &self.objects {
            let path = folder.join(key);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &stored.bytes).unwrap();
        }
    }
}

fn file(key: &str, text: &str) -> Value {
    json!({
        "s3Bucket": BUCKET, "s3Object": key, "hashValue": sha256(text.as_bytes()), "hashAlgorithm": "SHA-256",
        "newestEventTime": "2026-09-14T00:00:00Z", "oldestEventTime": "2026-09-14T00:00:00Z",
    })
}

fn body(
    account: &str,
    signer: &Signer,
    hour: i64,
    key: &str,
    files: Vec<Value>,
    previous: Option<&(String, String, String)>,
) -> Value {
    json!({
        "awsAccountId": account,
        "digestStartTime": iso(start(hour)),
        "digestEndTime": iso(start(hour + 1)),
        "digestS3Bucket": BUCKET,
        "digestS3Object": key,
        "digestPublicKeyFingerprint": signer.fingerprint,
        "digestSignatureAlgorithm": "SHA256withRSA",
        "newestEventTime": iso(start(hour)),
        "oldestEventTime": iso(start(hour)),
        "previousDigestS3Bucket": previous.map(|_| BUCKET),
        "previousDigestS3Object": previous.map(|previous| &previous.0),
        "previousDigestHashValue": previous.map(|previous| &previous.1),
        "previousDigestHashAlgorithm": previous.map(|_| "SHA-256"),
        "previousDigestSignature": previous.map(|previous| &previous.2),
        "logFiles": files,
    })
}
