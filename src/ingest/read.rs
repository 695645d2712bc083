//! Fetches one object and reads it.

use bytes::Bytes;
use object_store::Attribute;
use object_store::Attributes;
use object_store::ObjectStoreExt;
use tokio::sync::Semaphore;

use crate::ingest::Scope;
use crate::ingest::source::Body;
use crate::ingest::source::Found;
use crate::ingest::summary::EXAMPLES;
use crate::ingest::summary::Example;
use crate::lake::Object;
use crate::lake::Source;
use crate::lake::Status;
use crate::lake::ledger::CHANGED;
use crate::logs;
use crate::logs::digest;
use crate::logs::digest::Digest;
use crate::storage;

/// The semaphore counts in kilobytes.
pub(super) fn permits(bytes: usize) -> usize {
    (bytes >> 10).clamp(1, (u32::MAX >> 1) as usize)
}

/// One object, read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) object: Object,
    /// The size of its uncompressed bytes.
    pub(super) inflated: u64,
    /// The memory its rows take, in bytes.
    pub(super) memory: usize,
    /// Whether its bytes differ from those that were read before.
    pub(super) changed: bool,
}

/// What became of one object, without its rows.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) url: String,
    pub(super) status: Status,
    pub(super) detail: String,
    pub(super) changed: bool,
    /// Whether it is a digest and no log.
    pub(super) is_digest: bool,
    pub(super) size: u64,
    pub(super) inflated: u64,
    /// The first of its rejects.
    pub(super) rejects: Vec<Example>,
}

impl Read {
    /// Parts what is stored from what is told.
    pub(super) fn into_parts(self) -> (Outcome, Object) {
        let source = &self.object.source;
        let example = |reject: &logs::Reject| Example {
            source_file: source.url.clone(),
            position: reject.position,
            reason: reject.reason.clone(),
        };
        let outcome = Outcome {
            url: source.url.clone(),
            status: source.status,
            detail: source.detail.clone().unwrap_or_default(),
            changed: self.changed,
            is_digest: self.object.digest.is_some(),
            size: source.size,
            inflated: self.inflated,
            rejects: self.object.rejects.iter().take(EXAMPLES).map(example).collect(),
        };
        (outcome, self.object)
    }

    /// Tells whether all of its events lie outside the times that were asked for.
    pub(super) fn is_outside(&self, scope: &Scope) -> bool {
        let source = &self.object.source;
        let before = scope
            .since
            .zip(source.last_event_time)
            .is_some_and(|(since, last)| last < since.timestamp_micros());
        let after = scope
            .until
            .zip(source.first_event_time)
            .is_some_and(|(until, first)| first >= until.timestamp_micros());
        before || after
    }
}

/// What reading needs besides the object.
#[derive(Debug)]
pub(super) struct Reader {
    /// As many objects are read at a time as there are cores; more would only take memory.
    pub(super) cores: Semaphore,
    /// The largest uncompressed object, in bytes.
    pub(super) max_object: usize,
}

impl Reader {
    /// Fetches and reads an object. `earlier` are the hashes of the bytes that were read under its URL before.
    ///
    /// What goes wrong is part of the result: an object that cannot be fetched is `failed`, and tried again next
    /// time.
    pub(super) async fn read(&self, mut found: Found, earlier: Option<Vec<String>>) -> Read {
        let (bytes, notes) = match fetch(&mut found).await {
            Ok(fetched) => fetched,
            Err(reason) => return failed(found, &reason),
        };
        let _core = self.cores.acquire().await;
        let task = tokio::task::spawn_blocking({
            let (found, max_object) = (found.clone(), self.max_object);
            move || convert(&found, &bytes, &notes, earlier.as_deref(), max_object)
        });
        match task.await {
            Ok(read) => read,
            Err(error) => failed(found, &format!("could not be read: {error}; this is a bug in trailql")),
        }
    }
}

/// Fetches the bytes and what is noted beside them, and takes over what the store says of the very version that they
/// are of; or says why not.
async fn fetch(found: &mut Found) -> Result<(Bytes, Attributes), String> {
    let (store, path) = match &found.body {
        Body::Inline(bytes) => return Ok((bytes.clone(), Attributes::new())),
        Body::Broken(reason) => return Err(reason.clone()),
        Body::Stored(store, path) => (store, path),
    };
    let failed = |error| format!("could not be fetched: {}", storage::reason(&error));
    let got = store.get(path).await.map_err(failed)?;
    let (meta, notes) = (got.meta.clone(), got.attributes.clone());
    let bytes = got.bytes().await.map_err(failed)?;
    if bytes.len() as u64 != meta.size {
        return Err(format!("could not be fetched: {} of {} bytes came", bytes.len(), meta.size));
    }
    found.etag = meta.e_tag;
    found.size = meta.size;
    found.last_modified = Some(meta.last_modified);
    Ok((bytes, notes))
}

/// Takes what the metadata of a digest's object says into the digest.
///
/// `x-amz-meta-signature` and its kin; stores give the names in small letters, other tools keep capitals.
fn annotate(digest: &mut Digest, notes: &Attributes) {
    let mut metadata = notes.iter().filter_map(|(name, value)| match name {
        Attribute::Metadata(name) => Some((name.to_ascii_lowercase(), value.to_string())),
        _ => None,
    });
    metadata.by_ref().for_each(|(name, value)| match name.as_str() {
        "signature" => digest.signature = Some(value),
        "signature-algorithm" => digest.signature_algorithm = Some(value),
        "backfill-generation-timestamp" => {
            let time = chrono::DateTime::parse_from_rfc3339(&value).ok();
            digest.generated_at =
                time.map(|time| time.timestamp_micros()).or_else(|| digest::stamp_time(&value));
        }
        _ => {}
    });
}

fn convert(
    found: &Found,
    bytes: &[u8],
    notes: &Attributes,
    earlier: Option<&[String]>,
    max_object: usize,
) -> Read {
    let reading = logs::read(&found.url, bytes, max_object);
    let mut source = ledger_entry(found, Status::Read);
    source.size = bytes.len() as u64;
    source.log = reading.log.map(|log| log.name());
    source.sha256 = Some(reading.sha256);
    let inflated = reading.inflated;
    let mut parsed = reading.parsed;
    if let Some(digest) = &mut parsed.digest {
        annotate(digest, notes);
        source.log = Some(digest::LOG);
    }
    if let Some(earlier) = earlier.filter(|earlier| !earlier.is_empty()) {
        // The object was touched since it was read. Its records must not count twice.
        let same = source.sha256.as_ref().is_some_and(|hash| earlier.contains(hash));
        source.status = if same { Status::Unchanged } else { Status::Failed };
        source.detail = (!same).then(|| {
            format!("{CHANGED}its bytes differ from those that were read before; the rows of the first reading stay")
        });
        return Read {
            object: Object { source, batches: vec![], rejects: vec![], digest: None },
            inflated,
            memory: 0,
            changed: !same,
        };
    }
    if let Some(reason) = parsed.ignored {
        source.status = Status::Ignored;
        source.detail = Some(reason);
        return Read {
            object: Object { source, batches: vec![], rejects: vec![], digest: None },
            inflated,
            memory: 0,
            changed: false,
        };
    }
    source.records = parsed.records;
    source.rejected = parsed.rejects.len() as u64;
    source.first_event_time = parsed.first_event_time;
    source.last_event_time = parsed.last_event_time;
    let memory = parsed.batches.iter().map(|batch| batch.get_array_memory_size()).sum::<usize>() + 1_024;
    // A digest's names and hashes, twice: as they were read, and as rows.
    let names = parsed.digest.as_ref().map_or(0, |digest| digest.files.len() * 1_024);
    let memory = memory + names;
    let digest = parsed.digest;
    let object = Object { source, batches: parsed.batches, rejects: parsed.rejects, digest };
    Read { object, inflated, memory, changed: false }
}

pub(super) fn failed(found: Found, reason: &str) -> Read {
    let mut source = ledger_entry(&found, Status::Failed);
    source.detail = Some(reason.to_owned());
    Read {
        object: Object { source, batches: vec![], rejects: vec![], digest: None },
        inflated: 0,
        memory: 0,
        changed: false,
    }
}

fn ledger_entry(found: &Found, status: Status) -> Source {
    Source {
        url: found.url.clone(),
        log: None,
        status,
        detail: None,
        size: found.size,
        etag: found.etag.clone(),
        last_modified: found.last_modified.map(|time| time.timestamp_micros()),
        sha256: None,
        records: 0,
        rejected: 0,
        first_event_time: None,
        last_event_time: None,
    }
}
