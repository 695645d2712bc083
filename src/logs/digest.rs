//! CloudTrail's digest files: each names the log files of an hour with their hashes, and the digest before it.
//!
//! ```text
//! [prefix/]AWSLogs/[o-org/]<account>/CloudTrail-Digest/<region>/YYYY/MM/DD/
//!          <account>_CloudTrail-Digest_<region>_<trail>_<home region>_<end time>[_backfill].json.gz
//! ```
//!
//! A digest is no log: it has no records. What is wrong with its form is noted in it, so that whoever checks the chain
//! still sees that something lies at its place.

use chrono::DateTime;
use chrono::NaiveDateTime;
use chrono::Utc;
use serde::Deserialize;

use crate::logs::json;
use crate::logs::json::Members;

/// What `sources.log` says of a digest.
pub const LOG: &str = "cloudtrail_digest";

/// One digest file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Digest {
    /// The account whose logs it names.
    #[serde(rename = "awsAccountId")]
    pub account: Option<String>,
    /// Deliveries from this time on are in it, as it stands there.
    #[serde(rename = "digestStartTime")]
    pub start: Option<String>,
    /// Deliveries up to this time are in it, as it stands there.
    #[serde(rename = "digestEndTime")]
    pub end: Option<String>,
    /// The bucket it was written to.
    #[serde(rename = "digestS3Bucket")]
    pub s3_bucket: Option<String>,
    /// The key it was written under.
    #[serde(rename = "digestS3Object")]
    pub s3_object: Option<String>,
    /// The name of the key it is signed with.
    #[serde(rename = "digestPublicKeyFingerprint")]
    pub key_fingerprint: Option<String>,
    /// How it is signed.
    #[serde(rename = "digestSignatureAlgorithm")]
    pub algorithm: Option<String>,
    /// The latest event in the files it names.
    #[serde(rename = "newestEventTime")]
    pub newest: Option<String>,
    /// The earliest event in the files it names.
    #[serde(rename = "oldestEventTime")]
    pub oldest: Option<String>,
    /// The bucket of the digest before it.
    #[serde(rename = "previousDigestS3Bucket")]
    pub previous_s3_bucket: Option<String>,
    /// The key of the digest before it; none where a chain begins.
    #[serde(rename = "previousDigestS3Object")]
    pub previous_s3_object: Option<String>,
    /// The hash of the digest before it.
    #[serde(rename = "previousDigestHashValue")]
    pub previous_hash: Option<String>,
    /// How that hash is made.
    #[serde(rename = "previousDigestHashAlgorithm")]
    pub previous_hash_algorithm: Option<String>,
    /// The signature of the digest before it, in hexadecimal.
    #[serde(rename = "previousDigestSignature")]
    pub previous_signature: Option<String>,
    /// The files it names.
    #[serde(rename = "logFiles")]
    pub files: Vec<File>,
    /// Its own signature in hexadecimal, which lies in the metadata of the object and not in its bytes.
    #[serde(skip)]
    pub signature: Option<String>,
    /// How it is signed, as the metadata says.
    #[serde(skip)]
    pub signature_algorithm: Option<String>,
    /// When a digest of later deliveries was made, as the metadata says, in microseconds since 1970.
    #[serde(skip)]
    pub generated_at: Option<i64>,
    /// What is wrong with its form.
    #[serde(skip)]
    pub problem: Option<String>,
}

/// One log file that a digest names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct File {
    /// Its bucket.
    #[serde(rename = "s3Bucket")]
    pub s3_bucket: Option<String>,
    /// Its key.
    #[serde(rename = "s3Object")]
    pub s3_object: Option<String>,
    /// The hash of its uncompressed bytes, in hexadecimal.
    #[serde(rename = "hashValue")]
    pub hash: Option<String>,
    /// How that hash is made.
    #[serde(rename = "hashAlgorithm")]
    pub hash_algorithm: Option<String>,
    /// Its latest event.
    #[serde(rename = "newestEventTime")]
    pub newest: Option<String>,
    /// Its earliest event.
    #[serde(rename = "oldestEventTime")]
    pub oldest: Option<String>,
}

/// Which chain a digest belongs to, and where in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The trail.
    pub trail: Option<String>,
    /// Whether it is of later deliveries.
    pub backfill: bool,
    /// The end of its time, in microseconds since 1970.
    pub stamp: Option<i64>,
}

impl Digest {
    /// Reads the uncompressed bytes of a digest. It never fails: what is wrong is its `problem`.
    pub fn read(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        match serde_json::from_slice::<Self>(bytes) {
            Ok(digest) => {
                let needed = [
                    ("digestStartTime", digest.start_time().is_some()),
                    ("digestEndTime", digest.end_time().is_some()),
                    ("digestS3Bucket", digest.s3_bucket.is_some()),
                    ("digestS3Object", digest.s3_object.is_some()),
                    ("digestPublicKeyFingerprint", digest.key_fingerprint.is_some()),
                ];
                let missing: Vec<_> =
                    needed.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
                let problem = (!missing.is_empty())
                    .then(|| format!("not a whole digest: it has no {}", missing.join(", ")));
                Self { problem, ..digest }
            }
            Err(error) => Self { problem: Some(format!("not a digest: {error}")), ..Self::default() },
        }
    }

    /// Its start in microseconds since 1970.
    pub fn start_time(&self) -> Option<i64> {
        time(self.start.as_deref())
    }

    /// Its end in microseconds since 1970.
    pub fn end_time(&self) -> Option<i64> {
        time(self.end.as_deref())
    }

    /// The earliest event in microseconds since 1970.
    pub fn oldest_event_time(&self) -> Option<i64> {
        time(self.oldest.as_deref())
    }

    /// The latest event in microseconds since 1970.
    pub fn newest_event_time(&self) -> Option<i64> {
        time(self.newest.as_deref())
    }

    /// Which chain it belongs to: as its own key says, else as its place says.
    pub fn place(&self, url: &str) -> Place {
        let own = self.s3_object.as_deref().map(Place::of).filter(|place| place.trail.is_some());
        let mut place = own.unwrap_or_else(|| Place::of(url));
        place.account = place.account.or_else(|| self.account.clone());
        place
    }
}

impl File {
    /// The earliest event in microseconds since 1970.
    pub fn oldest_event_time(&self) -> Option<i64> {
        time(self.oldest.as_deref())
    }

    /// The latest event in microseconds since 1970.
    pub fn newest_event_time(&self) -> Option<i64> {
        time(self.newest.as_deref())
    }
}

impl Place {
    /// Reads the key or URL of a digest.
    pub fn of(path: &str) -> Self {
        Self::read(path).unwrap_or_default()
    }

    fn read(path: &str) -> Option<Self> {
        let name = file_name(path);
        let name = name.split_once(".json").map_or(name, |(stem, _)| stem);
        let (stem, backfill) = match name.strip_suffix("_backfill") {
            Some(stem) => (stem, true),
            None => (name, false),
        };
        let (account, rest) = stem.split_once("_CloudTrail-Digest_")?;
        // A trail's name may hold the sign that parts the name.
        let (region, rest) = rest.split_once('_')?;
        let (rest, stamp) = rest.rsplit_once('_')?;
        let (trail, _home) = rest.rsplit_once('_')?;
        Some(Self {
            account: Some(account.to_owned()),
            region: Some(region.to_owned()),
            trail: Some(trail.to_owned()),
            backfill,
            stamp: stamp_time(stamp),
        })
    }
}

/// Tells whether an object is a digest, by its content or else by its name.
pub fn is_digest(url: &str, bytes: &[u8]) -> bool {
    begins_as_digest(bytes) || Place::of(url).trail.is_some()
}

/// Tells whether the first keys of an object are those of a digest.
pub(super) fn begins_as_digest(bytes: &[u8]) -> bool {
    let mut members = Members::new(bytes, json::skip_space(bytes, 0));
    while let Some(Ok((key, value))) = members.next_key() {
        if matches!(key.of(bytes), b"\"digestStartTime\"" | b"\"digestEndTime\"" | b"\"digestS3Bucket\"") {
            return true;
        }
        // A digest begins with texts; a delivery's one key may hold a gigabyte.
        match bytes.get(value) {
            Some(b'"') => {}
            _ => return false,
        }
        match json::skip_value(bytes, value) {
            Ok(end) => members.resume(end),
            Err(_) => return false,
        }
    }
    false
}

/// The last part of a key or URL.
pub fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The part of a key or URL that AWS lays out itself, so that a copy of a bucket elsewhere has it, too: from the last
/// `AWSLogs/` on. None where there is no such folder.
pub fn tail(path: &str) -> Option<&str> {
    let at = path.rfind("AWSLogs/")?;
    let whole = at == 0 || path.as_bytes().get(at - 1) == Some(&b'/');
    whole.then(|| path.get(at..)).flatten()
}

/// Reads `2026-09-17T01:00:00Z` as microseconds since 1970.
fn time(text: Option<&str>) -> Option<i64> {
    Some(DateTime::parse_from_rfc3339(text?).ok()?.timestamp_micros())
}

/// Reads the time in the name of a digest, `20260917T010000Z`, or of a delivery, `20260917T0100Z`, as microseconds
/// since 1970.
pub fn stamp_time(text: &str) -> Option<i64> {
    let format = if text.len() == 14 { "%Y%m%dT%H%MZ" } else { "%Y%m%dT%H%M%SZ" };
    Some(NaiveDateTime::parse_from_str(text, format).ok()?.and_utc().timestamp_micros())
}

/// The key that the digest of the same chain had whose time ends then, in microseconds since 1970.
pub fn sibling(key: &str, end: i64) -> Option<String> {
    let (folder, name) = key.rsplit_once('/')?;
    let time: DateTime<Utc> = DateTime::from_timestamp_micros(end)?;
    let ending = name.find(".json").and_then(|at| name.get(at..)).unwrap_or_default();
    let stem = name.strip_suffix(ending)?;
    let (stem, backfill) = match stem.strip_suffix("_backfill") {
        Some(stem) => (stem, "_backfill"),
        None => (stem, ""),
    };
    let (head, _) = stem.rsplit_once('_')?;
    // Year, month and day.
    let above = folder.rsplitn(4, '/').nth(3)?;
    let (day, stamp) = (time.format("%Y/%m/%d"), time.format("%Y%m%dT%H%M%SZ"));
    Some(format!("{above}/{day}/{head}_{stamp}{backfill}{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "logs/AWSLogs/o-abc1234567/111122223333/CloudTrail-Digest/us-east-1/2026/09/17/\
                       111122223333_CloudTrail-Digest_us-east-1_my_own_trail_eu-central-1_20260917T000405Z.json.gz";

    #[test]
    fn names_tell_the_chain() {
        let place = Place::of(KEY);
        assert_eq!(place.account.as_deref(), Some("111122223333"));
        assert_eq!(place.region.as_deref(), Some("us-east-1"));
        assert_eq!(place.trail.as_deref(), Some("my_own_trail"));
        assert_eq!(place.stamp, stamp_time("20260917T000405Z"));
        assert!(!place.backfill);
        let backfill = KEY.replace("Z.json", "Z_backfill.json");
        assert_eq!(Place::of(&backfill), Place { backfill: true, ..place });
        assert_eq!(Place::of("any/thing.json"), Place::default());
        assert_eq!(Place::of("1_CloudTrail-Digest_x.json"), Place::default());
    }

    #[test]
    fn siblings_lie_in_the_folder_of_their_day() {
        let before = stamp_time("20260916T230405Z").unwrap();
        let expected = KEY.replace("/09/17/", "/09/16/").replace("20260917T000405Z", "20260916T230405Z");
        assert_eq!(sibling(KEY, before), Some(expected));
        assert_eq!(sibling("x.json", before), None);
    }

    #[test]
    fn copies_have_the_same_tail() {
        assert_eq!(tail("s3://b/AWSLogs/1/x"), Some("AWSLogs/1/x"));
        assert_eq!(tail("file:///case/AWSLogs/old/AWSLogs/1/x"), Some("AWSLogs/1/x"));
        assert_eq!(tail("s3://b/myAWSLogs/1/x"), None);
    }

    #[test]
    fn damage_is_a_problem_and_no_panic() {
        for text in ["", "{", "[]", "null", r#"{"logFiles": 3}"#, r#"{"digestEndTime": "yesterday"}"#] {
            assert!(Digest::read(text.as_bytes()).problem.is_some(), "{text}");
        }
    }
}
