//! The tables about the integrity of logs: what lies in them, and the rows of a digest.
//!
//! `digests` and `digest_files` come into the lake with the objects they were read from, as `sources` does. `keys` and
//! `file_verdicts` are written on their own.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::array::BooleanArray;
use arrow::array::Int64Array;
use arrow::array::RecordBatch;
use arrow::array::StringArray;
use arrow::array::TimestampMicrosecondArray;
use chrono::DateTime;
use chrono::Utc;

use crate::error::Result;
use crate::lake::layout::Shape;
use crate::lake::layout::column;
use crate::lake::ledger::Object;
use crate::lake::ledger::batch;
use crate::logs::Column;
use crate::logs::ColumnType;
use crate::logs::digest::Digest;
use crate::logs::digest::File;
use crate::logs::digest::Place;

/// The table with one row per digest file.
pub const DIGESTS: &str = "digests";
/// The table with one row per log file that a digest names.
pub const DIGEST_FILES: &str = "digest_files";
/// The table of the public keys that digests are checked with.
pub const KEYS: &str = "keys";
/// The table of what the last check said of each file.
pub const FILE_VERDICTS: &str = "file_verdicts";

const DIGESTS_COLUMNS: &[Column] = &[
    column("url", ColumnType::Text, "Where the digest was read from"),
    column("account_id", ColumnType::Text, "The account whose logs it names"),
    column("aws_region", ColumnType::Text, "The region whose logs it names"),
    column("trail", ColumnType::Text, "The name of the trail"),
    column("backfill", ColumnType::Boolean, "Whether it is of the chain of later deliveries"),
    column("start_time", ColumnType::Timestamp, "Deliveries from this time on are in it"),
    column("end_time", ColumnType::Timestamp, "Deliveries up to this time are in it"),
    column("files", ColumnType::Long, "How many log files it names"),
    column("s3_bucket", ColumnType::Text, "The bucket it says it was written to"),
    column("s3_object", ColumnType::Text, "The key it says it was written under"),
    column("signed_time", ColumnType::Text, "Its end time as it stands in it, which is what is signed"),
    column("sha256", ColumnType::Text, "The SHA-256 of its uncompressed bytes in hexadecimal"),
    column("signature", ColumnType::Text, "Its signature in hexadecimal, from the metadata of the object"),
    column("signature_algorithm", ColumnType::Text, "How it is signed, as the metadata says"),
    column("generated_at", ColumnType::Timestamp, "When a digest of later deliveries was made"),
    column("key_fingerprint", ColumnType::Text, "Which key it is signed with; see the table keys"),
    column("digest_algorithm", ColumnType::Text, "How it is signed, as it says itself"),
    column("previous_s3_bucket", ColumnType::Text, "The bucket of the digest before it"),
    column(
        "previous_s3_object",
        ColumnType::Text,
        "The key of the digest before it; null where a chain begins",
    ),
    column("previous_sha256", ColumnType::Text, "The SHA-256 of the digest before it"),
    column("previous_signature", ColumnType::Text, "The signature of the digest before it"),
    column(
        "oldest_event_time",
        ColumnType::Timestamp,
        "The time of the earliest event in the files it names",
    ),
    column("newest_event_time", ColumnType::Timestamp, "The time of the latest event in the files it names"),
    column("problem", ColumnType::Text, "What is wrong with its form"),
    column("ingested_at", ColumnType::Timestamp, "When it was brought into the lake"),
];

const DIGEST_FILES_COLUMNS: &[Column] = &[
    column("digest", ColumnType::Text, "The URL of the digest that names the file"),
    column("account_id", ColumnType::Text, "The account of the digest"),
    column("aws_region", ColumnType::Text, "The region of the digest"),
    column("start_time", ColumnType::Timestamp, "The start of the digest"),
    column("end_time", ColumnType::Timestamp, "The end of the digest"),
    column("s3_bucket", ColumnType::Text, "The bucket of the log file"),
    column("s3_object", ColumnType::Text, "The key of the log file"),
    column("sha256", ColumnType::Text, "The SHA-256 that the uncompressed file must have, in hexadecimal"),
    column("hash_algorithm", ColumnType::Text, "How that hash is made"),
    column("oldest_event_time", ColumnType::Timestamp, "The time of its earliest event"),
    column("newest_event_time", ColumnType::Timestamp, "The time of its latest event"),
];

const KEYS_COLUMNS: &[Column] = &[
    column("fingerprint", ColumnType::Text, "The name of the key in digests"),
    column("aws_region", ColumnType::Text, "The region it was asked of; null when that is not known"),
    column("valid_from", ColumnType::Timestamp, "From when on it was used"),
    column("valid_until", ColumnType::Timestamp, "Until when it was used"),
    column("value", ColumnType::Text, "The key: DER in base64, PKCS #1 or SubjectPublicKeyInfo"),
    column("source", ColumnType::Text, "Where it was taken from"),
    column("added_at", ColumnType::Timestamp, "When it was brought into the lake"),
];

const FILE_VERDICTS_COLUMNS: &[Column] = &[
    column("source_file", ColumnType::Text, "The URL of the file, or where it should be"),
    column("verdict", ColumnType::Text, "What the check says of it: verified, altered, missing ..."),
    column("digest", ColumnType::Text, "The digest that says so"),
    column("checked_at", ColumnType::Timestamp, "When it was checked"),
    column("kind", ColumnType::Text, "What was checked: log, digest, or chain for a time without digests"),
    column("account_id", ColumnType::Text, "Its account"),
    column("aws_region", ColumnType::Text, "Its region"),
    column("trail", ColumnType::Text, "The trail, of digests and chains"),
    column("start_time", ColumnType::Timestamp, "The time it is about, from"),
    column("end_time", ColumnType::Timestamp, "The time it is about, until"),
    column("detail", ColumnType::Text, "What was found, in words"),
];

impl Shape {
    pub(super) const DIGESTS: Self =
        Self { name: DIGESTS, columns: DIGESTS_COLUMNS, partitioned: false, log: None };
    pub(super) const DIGEST_FILES: Self =
        Self { name: DIGEST_FILES, columns: DIGEST_FILES_COLUMNS, partitioned: false, log: None };
    pub(super) const KEYS: Self = Self { name: KEYS, columns: KEYS_COLUMNS, partitioned: false, log: None };
    pub(super) const FILE_VERDICTS: Self =
        Self { name: FILE_VERDICTS, columns: FILE_VERDICTS_COLUMNS, partitioned: false, log: None };
}

/// The columns of a batch while rows are made into it.
pub(super) fn texts<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

pub(super) fn times(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

/// One digest with the object it was read from.
struct Kept<'a> {
    url: &'a str,
    sha256: Option<&'a str>,
    digest: &'a Digest,
    place: Place,
}

fn kept<'a>(objects: &[&'a Object]) -> Vec<Kept<'a>> {
    let kept = objects.iter().filter_map(|object| {
        let digest = object.digest.as_deref()?;
        let source = &object.source;
        let place = digest.place(&source.url);
        Some(Kept { url: &source.url, sha256: source.sha256.as_deref(), digest, place })
    });
    kept.collect()
}

/// The rows of `digests` for these objects; none if none of them is a digest.
pub(super) fn digests_batch(objects: &[&Object], at: DateTime<Utc>) -> Result<Option<RecordBatch>> {
    let kept = kept(objects);
    if kept.is_empty() {
        return Ok(None);
    }
    let of =
        |value: fn(&Digest) -> &Option<String>| texts(kept.iter().map(|kept| value(kept.digest).as_deref()));
    let counts = kept.iter().map(|kept| i64::try_from(kept.digest.files.len()).unwrap_or(i64::MAX));
    let columns = vec![
        texts(kept.iter().map(|kept| Some(kept.url))),
        texts(kept.iter().map(|kept| kept.place.account.as_deref())),
        texts(kept.iter().map(|kept| kept.place.region.as_deref())),
        texts(kept.iter().map(|kept| kept.place.trail.as_deref())),
        Arc::new(kept.iter().map(|kept| Some(kept.place.backfill)).collect::<BooleanArray>()),
        times(kept.iter().map(|kept| kept.digest.start_time())),
        times(kept.iter().map(|kept| kept.digest.end_time().or(kept.place.stamp))),
        Arc::new(counts.collect::<Int64Array>()),
        of(|digest| &digest.s3_bucket),
        of(|digest| &digest.s3_object),
        of(|digest| &digest.end),
        texts(kept.iter().map(|kept| kept.sha256)),
        of(|digest| &digest.signature),
        of(|digest| &digest.signature_algorithm),
        times(kept.iter().map(|kept| kept.digest.generated_at)),
        of(|digest| &digest.key_fingerprint),
        of(|digest| &digest.algorithm),
        of(|digest| &digest.previous_s3_bucket),
        of(|digest| &digest.previous_s3_object),
        of(|digest| &digest.previous_hash),
        of(|digest| &digest.previous_signature),
        times(kept.iter().map(|kept| kept.digest.oldest_event_time())),
        times(kept.iter().map(|kept| kept.digest.newest_event_time())),
        of(|digest| &digest.problem),
        times(kept.iter().map(|_| Some(at.timestamp_micros()))),
    ];
    batch(&Shape::DIGESTS, columns).map(Some)
}

/// The rows of `digest_files` for these objects; none if no digest among them names a file.
pub(super) fn digest_files_batch(objects: &[&Object]) -> Result<Option<RecordBatch>> {
    let kept = kept(objects);
    let files: Vec<(&Kept<'_>, &File)> =
        kept.iter().flat_map(|kept| kept.digest.files.iter().map(move |file| (kept, file))).collect();
    if files.is_empty() {
        return Ok(None);
    }
    let of =
        |value: fn(&File) -> &Option<String>| texts(files.iter().map(|(_, file)| value(file).as_deref()));
    let columns = vec![
        texts(files.iter().map(|(kept, _)| Some(kept.url))),
        texts(files.iter().map(|(kept, _)| kept.place.account.as_deref())),
        texts(files.iter().map(|(kept, _)| kept.place.region.as_deref())),
        times(files.iter().map(|(kept, _)| kept.digest.start_time())),
        times(files.iter().map(|(kept, _)| kept.digest.end_time().or(kept.place.stamp))),
        of(|file| &file.s3_bucket),
        of(|file| &file.s3_object),
        of(|file| &file.hash),
        of(|file| &file.hash_algorithm),
        times(files.iter().map(|(_, file)| file.oldest_event_time())),
        times(files.iter().map(|(_, file)| file.newest_event_time())),
    ];
    batch(&Shape::DIGEST_FILES, columns).map(Some)
}
