//! Packs events into the objects of a trail's bucket, the way CloudTrail delivers them.

use crate::incident::Delivery;
use crate::incident::company::FRANKFURT;
use crate::incident::company::PRODUCTION;
use crate::incident::company::TRAIL;
use crate::incident::company::TRAIL_BUCKET;
use crate::incident::journal::Event;
use crate::incident::journal::Journal;
use crate::incident::moment::Moment;
use crate::incident::moment::at;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use serde_json::json;
use sha2::Digest;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

/// The hour whose deliveries the digest names: the one in which the machines were stopped.
const DIGESTED: Moment = at(17, 2, 0, 0);

/// Delivers everything: one object per account, region and quarter of an hour with events, and one digest.
pub(super) fn deliver(mut journal: Journal) -> Vec<Delivery> {
    let mut events = std::mem::take(&mut journal.events);
    events.sort_by_key(|event| event.time);
    let mut batches: BTreeMap<(Moment, &str, &str), Vec<Event>> = BTreeMap::new();
    for event in events {
        batches.entry((event.time.delivered(), event.account, event.region)).or_default().push(event);
    }
    let mut deliveries = Vec::with_capacity(batches.len() + 1);
    let mut digested = Vec::new();
    for ((when, account, region), batch) in batches {
        let name =
            format!("{account}_CloudTrail_{region}_{}_{}.json.gz", when.stamp(), journal.random.letters(16));
        let path = format!("AWSLogs/{account}/CloudTrail/{region}/{}/{name}", when.folder());
        let times = (batch.first().map(|event| event.time), batch.last().map(|event| event.time));
        let records: Vec<Value> = batch.into_iter().map(|event| event.record).collect();
        let text = json!({ "Records": records }).to_string();
        if account == PRODUCTION && region == FRANKFURT && DIGESTED.minus(3600) < when && when <= DIGESTED {
            digested.push(digest_entry(&path, &text, times));
        }
        deliveries.push(Delivery { path, bytes: gzip(&text) });
    }
    deliveries.push(digest(&mut journal, digested));
    deliveries.sort_by(|left, right| left.path.cmp(&right.path));
    deliveries
}

/// What a digest says of one delivery. The hash is that of the text before compression.
fn digest_entry(path: &str, text: &str, (oldest, newest): (Option<Moment>, Option<Moment>)) -> Value {
    let hash = Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hash, byte| {
        // Writing into a String cannot fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    });
    json!({
        "s3Bucket": TRAIL_BUCKET,
        "s3Object": path,
        "hashValue": hash,
        "hashAlgorithm": "SHA-256",
        "newestEventTime": newest.map(Moment::iso),
        "oldestEventTime": oldest.map(Moment::iso),
    })
}

/// The digest of production at home for one hour.
fn digest(journal: &mut Journal, entries: Vec<Value>) -> Delivery {
    let path = digest_path(DIGESTED);
    let text = json!({
        "awsAccountId": PRODUCTION,
        "digestStartTime": DIGESTED.minus(3600).iso(),
        "digestEndTime": DIGESTED.iso(),
        "digestS3Bucket": TRAIL_BUCKET,
        "digestS3Object": path,
        "digestPublicKeyFingerprint": journal.random.hex(32),
        "digestSignatureAlgorithm": "SHA256withRSA",
        "newestEventTime": entries.last().map(|entry| entry["newestEventTime"].clone()),
        "oldestEventTime": entries.first().map(|entry| entry["oldestEventTime"].clone()),
        "previousDigestS3Bucket": TRAIL_BUCKET,
        "previousDigestS3Object": digest_path(DIGESTED.minus(3600)),
        "previousDigestHashValue": journal.random.hex(64),
        "previousDigestHashAlgorithm": "SHA-256",
        "previousDigestSignature": journal.random.hex(512),
        "logFiles": entries,
    })
    .to_string();
    Delivery { path, bytes: gzip(&text) }
}

fn digest_path(end: Moment) -> String {
    let (folder, stamp) = (end.folder(), end.long_stamp());
    let name = format!("{PRODUCTION}_CloudTrail-Digest_{FRANKFURT}_{TRAIL}_{FRANKFURT}_{stamp}.json.gz");
    format!("AWSLogs/{PRODUCTION}/CloudTrail-Digest/{FRANKFURT}/{folder}/{name}")
}

/// Compresses; the header carries no time, so the same text gives the same bytes.
fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    // Writing into memory cannot fail.
    let _ = encoder.write_all(text.as_bytes());
    encoder.finish().unwrap_or_default()
}
