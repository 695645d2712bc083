//! How far an ingest has come, for whoever wants to show it.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use crate::ingest::read::Read;
use crate::ingest::source::Found;

/// Counters that the ingest raises and the screen reads.
#[derive(Debug, Default)]
pub struct Progress {
    /// Objects to read.
    pub objects: AtomicU64,
    /// Objects read.
    pub objects_done: AtomicU64,
    /// Bytes to read, as they lie in the source.
    pub bytes: AtomicU64,
    /// Bytes read.
    pub bytes_done: AtomicU64,
    /// Records found.
    pub records: AtomicU64,
}

impl Progress {
    pub(super) fn plan(&self, planned: &Found) {
        self.objects.fetch_add(1, Relaxed);
        self.bytes.fetch_add(planned.size, Relaxed);
    }

    pub(super) fn add(&self, read: &Read) {
        self.objects_done.fetch_add(1, Relaxed);
        self.bytes_done.fetch_add(read.object.source.size, Relaxed);
        self.records.fetch_add(read.object.source.records, Relaxed);
    }
}
