//! Log files against the digests: the hash of each, those that are missing, and those that no digest names.

use std::collections::HashMap;
use std::collections::HashSet;
use std::hash::BuildHasher;
use std::hash::RandomState;
use std::sync::Arc;

use arrow::array::RecordBatch;
use futures::StreamExt;
use futures::TryStreamExt;
use futures::stream;
use object_store::ObjectStoreExt;

use crate::error::Result;
use crate::lake::Verdict;
use crate::lake::ledger::CHANGED;
use crate::logs;
use crate::logs::digest::file_name;
use crate::logs::digest::tail;
use crate::session::Session;
use crate::storage;
use crate::verify::Against;
use crate::verify::Range;
use crate::verify::Sink;
use crate::verify::chain::Hole;
use crate::verify::chain::Walked;
use crate::verify::names::LogName;
use crate::verify::names::Named;
use crate::verify::rows::Texts;
use crate::verify::rows::ask;
use crate::verify::rows::number;
use crate::verify::signature::from_hex;

/// So many log files are held in memory at a time.
pub(super) const PASS: u64 = 2_000_000;
/// So many objects are fetched at once when they are hashed again.
const FETCHES: usize = 32;
/// The largest uncompressed object that is hashed again, in bytes.
const MOST_BYTES: usize = 2 << 30;
/// The time in the name of a delivery is that of its minute.
const SLACK: i64 = 5 * 60_000_000;

const NAMED: &str = "SELECT digest, account_id, aws_region, start_time, end_time, s3_bucket, s3_object, sha256 FROM digest_files";
const SOURCES: &str =
    "SELECT url, log, status, detail, sha256 FROM sources WHERE log IS NULL OR log = 'cloudtrail'";

/// What the digests say of one file.
struct Entry {
    /// The hash of where it lies in the bucket.
    place: u64,
    sha256: [u8; 32],
    /// The place of its digest among the names.
    digest: u32,
    /// Whether that digest holds.
    proven: bool,
    /// Whether its digest is asked for, and not only near.
    wanted: bool,
    seen: bool,
    failed: bool,
}

/// One pass over a part of the names.
struct Pass<'a> {
    number: u64,
    of: u64,
    range: &'a Range,
    walked: &'a Walked,
    against: Against,
    keys: [RandomState; 3],
    digests: Vec<Arc<str>>,
    entries: HashMap<u128, Entry>,
}

/// Checks all log files.
pub(super) async fn check(
    session: &Session,
    range: &Range,
    against: Against,
    walked: &Walked,
    sink: &mut Sink,
) -> Result<()> {
    let counted: Vec<RecordBatch> =
        ask(session, "SELECT count(*) FROM digest_files").await?.try_collect().await?;
    let of = counted.first().map_or(0, number) / PASS + 1;
    for number in 0..of {
        let keys = std::array::from_fn(|_| RandomState::new());
        let (digests, entries) = (Vec::new(), HashMap::new());
        let mut pass = Pass { number, of, range, walked, against, keys, digests, entries };
        pass.read_digests(session).await?;
        pass.read_sources(session, sink).await?;
        pass.note_missing(session, sink).await?;
    }
    Ok(())
}

impl Pass<'_> {
    fn key(&self, name: &str) -> u128 {
        let [high, low, _] = self.keys.each_ref().map(|key| u128::from(key.hash_one(name)));
        high << 64 | low
    }

    fn place(&self, path: &str) -> u64 {
        let [_, _, key] = &self.keys;
        tail(path).map_or(0, |tail| key.hash_one(tail))
    }

    /// Tells whether a name is of this pass, which must be told alike in all of them.
    fn is_mine(&self, name: &str) -> bool {
        let sum = name.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        sum % self.of == self.number
    }

    /// Reads what the digests name.
    async fn read_digests(&mut self, session: &Session) -> Result<()> {
        let mut known: HashMap<Arc<str>, u32> = HashMap::new();
        let mut stream = ask(session, NAMED).await?;
        while let Some(batch) = stream.try_next().await? {
            let rows = Named::of(&batch)?;
            for row in 0..batch.num_rows() {
                let Some(object) = rows.object.get(row) else { continue };
                if !self.is_mine(file_name(object)) || !rows.is_near(row, self.range) {
                    continue;
                }
                let url = rows.digest.get(row).unwrap_or_default();
                let digest = match known.get(url) {
                    Some(digest) => *digest,
                    None => {
                        let digest = u32::try_from(self.digests.len()).unwrap_or(u32::MAX);
                        self.digests.push(url.into());
                        known.insert(url.into(), digest);
                        digest
                    }
                };
                // A hash of another form fits no file.
                let hash = rows.sha256.get(row).and_then(from_hex).and_then(|hash| hash.try_into().ok());
                let proven = !self.walked.bad.contains(url);
                let entry = Entry {
                    place: self.place(object),
                    sha256: hash.unwrap_or_default(),
                    digest,
                    proven,
                    wanted: rows.is_wanted(row, self.range),
                    seen: false,
                    failed: false,
                };
                let key = self.key(file_name(object));
                // A file may be named by two trails' digests: one that holds counts.
                if self.entries.get(&key).is_none_or(|known| !known.proven && proven) {
                    self.entries.insert(key, entry);
                }
            }
        }
        Ok(())
    }

    /// Reads what lies in the ledger, and says of each file what is to be said.
    async fn read_sources(&mut self, session: &Session, sink: &mut Sink) -> Result<()> {
        let mut again: Vec<(Verdict, [u8; 32])> = Vec::new();
        let mut stream = ask(session, SOURCES).await?;
        while let Some(batch) = stream.try_next().await? {
            let text = |name: &str| Texts::of(&batch, name);
            let (url, log, status, detail, sha256) =
                (text("url")?, text("log")?, text("status")?, text("detail")?, text("sha256")?);
            for row in 0..batch.num_rows() {
                let url = url.get(row).unwrap_or_default();
                if !self.is_mine(file_name(url)) {
                    continue;
                }
                let row = Source {
                    url,
                    is_log: log.get(row).is_some(),
                    status: status.get(row).unwrap_or_default(),
                    detail: detail.get(row),
                    sha256: sha256.get(row),
                };
                match self.judge(&row) {
                    Some((said, expected))
                        if said.verdict == "verified" && self.against == Against::Sources =>
                    {
                        again.push((said, expected));
                    }
                    Some((said, _)) => sink.note(said).await?,
                    None => {}
                }
            }
            if again.len() >= 1_000 {
                hash_again(std::mem::take(&mut again), sink).await?;
            }
        }
        hash_again(again, sink).await
    }

    /// What is to be said of a row of `sources`, and the hash that was expected.
    fn judge(&mut self, row: &Source) -> Option<(Verdict, [u8; 32])> {
        let name = LogName::of(row.url);
        let (key, place) = (self.key(file_name(row.url)), self.place(row.url));
        let entry = self.entries.get_mut(&key).filter(|entry| place == 0 || entry.place == place);
        let mut said = Verdict {
            source_file: Some(row.url.to_owned()),
            kind: "log",
            account: name.account.map(Into::into),
            region: name.region.map(Into::into),
            start: name.stamp,
            ..Verdict::default()
        };
        let Some(entry) = entry else {
            let wanted = row.is_log && row.status == "read" && self.range.wants(&said);
            return wanted.then(|| (self.unnamed(said), [0; 32]));
        };
        if !entry.wanted {
            return None;
        }
        let expected = entry.sha256;
        let digest = self.digests.get(entry.digest as usize).cloned();
        let fits = row.sha256.and_then(from_hex).is_some_and(|hash| hash == expected);
        let changed = row.detail.is_some_and(|detail| detail.starts_with(CHANGED));
        match row.status {
            "read" | "ignored" => {
                entry.seen = true;
                (said.verdict, said.detail) = match (entry.proven, fits) {
                    (true, true) => ("verified", None),
                    (true, false) => {
                        ("altered", Some("its bytes have another hash than its digest says".to_owned()))
                    }
                    (false, _) => ("unchecked", Some("its digest does not hold".to_owned())),
                };
            }
            "failed" if changed && entry.proven && !fits => {
                said.verdict = "altered_later";
                said.detail = Some(
                    "the object was written anew after it was read; the rows are of its first bytes"
                        .to_owned(),
                );
            }
            "failed" if !changed => {
                entry.failed = true;
                return None;
            }
            _ => return None,
        }
        said.digest = digest;
        Some((said, expected))
    }

    /// Says why no digest names a file.
    fn unnamed(&self, mut said: Verdict) -> Verdict {
        let place = (said.account.clone(), said.region.clone());
        let (verdict, digest, detail) = match (self.walked.coverage.get(&place), said.start) {
            (_, None) => ("not_in_any_digest", None, "its name is not that of a delivery"),
            (None, _) => ("unchecked", None, "there are no digests of its account and region"),
            (Some(covered), Some(stamp)) => {
                let inside = |hole: &&Hole| stamp >= hole.start - SLACK && stamp <= hole.end + SLACK;
                match covered.holes.iter().find(inside) {
                    Some(hole) => ("unchecked", hole.digest.clone(), hole.why),
                    None if stamp >= covered.last => {
                        ("pending", None, "delivered after the newest digest of its account and region")
                    }
                    None if stamp < covered.first => {
                        ("unchecked", None, "delivered before the oldest digest of its account and region")
                    }
                    None => ("not_in_any_digest", None, "the digests of its time do not name it"),
                }
            }
        };
        (said.verdict, said.digest, said.detail) = (verdict, digest, Some(detail.to_owned()));
        said
    }

    /// Says of the files that were not met that they are missing.
    async fn note_missing(&mut self, session: &Session, sink: &mut Sink) -> Result<()> {
        let mut noted = HashSet::new();
        if self.entries.values().all(|entry| entry.seen || !entry.proven || !entry.wanted) {
            return Ok(());
        }
        let mut stream = ask(session, NAMED).await?;
        while let Some(batch) = stream.try_next().await? {
            let rows = Named::of(&batch)?;
            for row in 0..batch.num_rows() {
                let Some(object) = rows.object.get(row) else { continue };
                let key = self.key(file_name(object));
                let Some(entry) = self.entries.get(&key) else { continue };
                if entry.seen || !entry.proven || !rows.is_wanted(row, self.range) || !noted.insert(key) {
                    continue;
                }
                let (verdict, detail) = match entry.failed {
                    true => ("unread", "it could not be fetched"),
                    false => ("missing", "its digest names it, and it is not in the lake"),
                };
                let said = Verdict {
                    source_file: Some(rows.url(row)),
                    verdict,
                    digest: rows.digest.get(row).map(Into::into),
                    kind: "log",
                    account: rows.account.get(row).map(Into::into),
                    region: rows.region.get(row).map(Into::into),
                    start: LogName::of(object).stamp.or(rows.start.get(row)),
                    detail: Some(detail.to_owned()),
                    ..Verdict::default()
                };
                sink.note(said).await?;
            }
        }
        Ok(())
    }
}

/// Fetches objects that were verified and hashes what lies there now.
async fn hash_again(files: Vec<(Verdict, [u8; 32])>, sink: &mut Sink) -> Result<()> {
    let mut checked = stream::iter(files)
        .map(|(mut said, expected)| async move {
            let url = said.source_file.clone().unwrap_or_default();
            let (verdict, detail) = match hash_now(&url).await {
                Ok(Some(hash)) if hash == expected => ("verified", None),
                Ok(Some(_)) => ("altered", Some("it lies there with other bytes now".to_owned())),
                Ok(None) => ("missing", Some("it is in the lake, and no longer in its source".to_owned())),
                Err(why) => ("unread", Some(why)),
            };
            (said.verdict, said.detail) = (verdict, detail);
            said
        })
        .buffered(FETCHES);
    while let Some(said) = checked.next().await {
        sink.note(said).await?;
    }
    Ok(())
}

/// The hash of the uncompressed bytes that lie under a URL; none if nothing does.
async fn hash_now(url: &str) -> Result<Option<Vec<u8>>, String> {
    let location = storage::open(url).await.map_err(|error| error.to_string())?;
    let bytes = match location.store.get(&location.path).await {
        Ok(got) => got.bytes().await.map_err(|error| storage::reason(&error))?,
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(storage::reason(&error)),
    };
    let hashed = tokio::task::spawn_blocking(move || {
        let mut room = logs::inflate::Room::take();
        let inflated = logs::inflate::inflate(&bytes, MOST_BYTES, &mut room);
        from_hex(&logs::sha256(&inflated.bytes))
    });
    hashed.await.map_err(|error| error.to_string())
}

/// A row of `sources`.
struct Source<'a> {
    url: &'a str,
    is_log: bool,
    status: &'a str,
    detail: Option<&'a str>,
    sha256: Option<&'a str>,
}
