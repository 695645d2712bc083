//! One digest: where it lies, what signs it, and what that says of it.

use std::sync::Arc;

use arrow::array::Array;
use arrow::array::RecordBatch;

use crate::error::Result;
use crate::lake::Verdict;
use crate::logs::digest::file_name;
use crate::logs::digest::tail;
use crate::verify::rows::Texts;
use crate::verify::rows::Times;
use crate::verify::rows::flags;
use crate::verify::signature::Keyring;
use crate::verify::signature::signed_text;

/// Which chain a digest is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Id {
    pub(super) account: Option<Arc<str>>,
    pub(super) region: Option<Arc<str>>,
    pub(super) trail: Option<Arc<str>>,
    pub(super) backfill: bool,
}

/// One row of `digests`.
#[derive(Clone, Debug, Default)]
pub(super) struct Digest {
    pub(super) url: String,
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) signed_time: Option<String>,
    pub(super) bucket: Option<String>,
    pub(super) object: Option<String>,
    pub(super) sha256: Option<String>,
    pub(super) signature: Option<String>,
    pub(super) fingerprint: Option<String>,
    pub(super) algorithm: Option<String>,
    pub(super) previous_bucket: Option<String>,
    pub(super) previous_object: Option<String>,
    pub(super) previous_hash: Option<String>,
    pub(super) previous_signature: Option<String>,
    pub(super) problem: Option<String>,
    /// Whether it holds, once that is known.
    pub(super) holds: bool,
}

impl Digest {
    /// Tells whether the digest before this one, as it names it, is that one.
    pub(super) fn follows(&self, other: &Self) -> bool {
        self.previous_object.is_some()
            && self.previous_object == other.object
            && self.previous_bucket == other.bucket
    }

    /// The URL of another object of the bucket, whose key that is, as this one was found.
    pub(super) fn beside(&self, bucket: Option<&str>, key: &str) -> String {
        let own = self.object.as_deref().unwrap_or_default();
        if let Some(root) = self.url.strip_suffix(own).filter(|_| !own.is_empty()) {
            return format!("{root}{key}");
        }
        if let Some((root, tail)) = tail(own).and_then(|own| self.url.strip_suffix(own)).zip(tail(key)) {
            return format!("{root}{tail}");
        }
        format!("s3://{}/{key}", bucket.unwrap_or_default())
    }

    /// Tells whether it lies where it says it was written, or in a copy of that bucket at the same place.
    fn is_in_place(&self) -> bool {
        let Some(object) = self.object.as_deref() else { return false };
        if let Some(key) = self.bucket.as_ref().and_then(|bucket| {
            self.url.strip_prefix("s3://")?.strip_prefix(bucket.as_str())?.strip_prefix('/')
        }) {
            return key == object;
        }
        match (tail(&self.url), tail(object)) {
            (Some(place), Some(object)) => place == object,
            _ => file_name(&self.url) == file_name(object),
        }
    }

    /// What is said of it, and in which words; `later` are those behind it that may hold its signature.
    pub(super) fn judge(&self, later: &[&Self], keys: &Keyring) -> (&'static str, Option<String>) {
        if let Some(problem) = &self.problem {
            return ("altered", Some(problem.clone()));
        }
        let (Some(time), Some(bucket), Some(object), Some(sha256), Some(fingerprint)) =
            (&self.signed_time, &self.bucket, &self.object, &self.sha256, &self.fingerprint)
        else {
            return ("altered", Some("not a whole digest".to_owned()));
        };
        let next = later.iter().find(|next| next.follows(self));
        let differs = next.filter(|next| next.holds && next.previous_hash.as_ref() != Some(sha256));
        if !keys.knows(fingerprint) {
            let also = if differs.is_some() { ", and the next digest names another hash" } else { "" };
            return ("key_unknown", Some(format!("the key {fingerprint} is not in the table keys{also}")));
        }
        if let Some(other) = self.algorithm.as_deref().filter(|name| *name != "SHA256withRSA") {
            return ("altered", Some(format!("signed with {other}, which CloudTrail does not use")));
        }
        let in_next = later.iter().filter(|next| next.follows(self));
        let signatures: Vec<&str> = std::iter::once(self.signature.as_deref())
            .chain(in_next.map(|next| next.previous_signature.as_deref()))
            .flatten()
            .collect();
        if signatures.is_empty() {
            return match differs {
                Some(_) => ("altered", Some("the next digest names another hash".to_owned())),
                None => (
                    "unsigned",
                    Some(
                        "neither the metadata of the object nor a later digest has its signature".to_owned(),
                    ),
                ),
            };
        }
        let text = signed_text(time, bucket, object, sha256, self.previous_signature.as_deref());
        if !signatures.iter().any(|signature| keys.verifies(fingerprint, &text, signature)) {
            return ("altered", Some("the signature does not fit its bytes, time and place".to_owned()));
        }
        if differs.is_some() {
            return ("altered", Some("signed, but the next digest names another hash".to_owned()));
        }
        if !self.is_in_place() {
            return ("out_of_place", Some(format!("it was written to s3://{bucket}/{object}")));
        }
        ("verified", None)
    }
}

impl Id {
    pub(super) fn verdict(
        &self,
        kind: &'static str,
        verdict: &'static str,
        url: Option<String>,
        start: Option<i64>,
        end: Option<i64>,
        detail: Option<String>,
    ) -> Verdict {
        let backfill = if self.backfill { "_backfill" } else { "" };
        let trail = self.trail.as_ref().map(|trail| format!("{trail}{backfill}").into());
        let (account, region) = (self.account.clone(), self.region.clone());
        Verdict { source_file: url, verdict, digest: None, kind, account, region, trail, start, end, detail }
    }
}

/// Reads the rows of a batch.
pub(super) fn read(batch: &RecordBatch) -> Result<Vec<(Id, Digest)>> {
    let text = |name: &str| Texts::of(batch, name);
    let (account, region, trail) = (text("account_id")?, text("aws_region")?, text("trail")?);
    let backfill = flags(batch, "backfill")?;
    let (start, end) = (Times::of(batch, "start_time")?, Times::of(batch, "end_time")?);
    let (url, signed_time, bucket, object) =
        (text("url")?, text("signed_time")?, text("s3_bucket")?, text("s3_object")?);
    let (sha256, signature, fingerprint) = (text("sha256")?, text("signature")?, text("key_fingerprint")?);
    let (previous_bucket, previous_object) = (text("previous_s3_bucket")?, text("previous_s3_object")?);
    let (previous_hash, previous_signature) = (text("previous_sha256")?, text("previous_signature")?);
    let (algorithm, problem) = (text("digest_algorithm")?, text("problem")?);
    let rows = (0..batch.num_rows()).map(|row| {
        let id = Id {
            account: account.get(row).map(Into::into),
            region: region.get(row).map(Into::into),
            trail: trail.get(row).map(Into::into),
            backfill: backfill.is_valid(row) && backfill.value(row),
        };
        let digest = Digest {
            url: url.owned(row).unwrap_or_default(),
            start: start.get(row),
            end: end.get(row),
            signed_time: signed_time.owned(row),
            bucket: bucket.owned(row),
            object: object.owned(row),
            sha256: sha256.owned(row),
            signature: signature.owned(row),
            fingerprint: fingerprint.owned(row),
            algorithm: algorithm.owned(row),
            previous_bucket: previous_bucket.owned(row),
            previous_object: previous_object.owned(row),
            previous_hash: previous_hash.owned(row),
            previous_signature: previous_signature.owned(row),
            problem: problem.owned(row),
            holds: false,
        };
        (id, digest)
    });
    Ok(rows.collect())
}
