//! What is written down of what happens: into the audit log, if there is one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use super::attempts::network;
use super::audit::Audit;
use super::audit::Entry;
use super::audit::time;
use super::clock::Clock;
use super::locked;

/// For so long nothing is news that somebody can cause as often as they like.
const OLD_NEWS: Duration = Duration::from_secs(60);

/// So many addresses are remembered for it.
const MOST_ADDRESSES: usize = 10_000;

/// The audit log, or none, and whether the server is about to stop.
#[derive(Debug)]
pub(super) struct Record {
    audit: Option<Audit>,
    clock: Arc<dyn Clock>,
    draining: AtomicBool,
    stopped: AtomicBool,
    told: Mutex<HashMap<IpAddr, Instant>>,
}

impl Record {
    pub(super) fn new(audit: Option<Audit>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            audit,
            clock,
            draining: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            told: Mutex::default(),
        })
    }

    /// Writes down a line with the time it is now.
    pub(super) fn note(&self, entry: Entry) {
        if let Some(audit) = &self.audit {
            audit.note(Entry { time: time(self.clock.wall()), ..entry });
        }
    }

    /// Tells whether nothing was told of this address for a while, and takes note that now something is.
    pub(super) fn is_news(&self, address: IpAddr) -> bool {
        let now = self.clock.instant();
        let mut told = locked(&self.told);
        told.retain(|_, since| now.saturating_duration_since(*since) < OLD_NEWS);
        let is_news = told.len() < MOST_ADDRESSES && !told.contains_key(&network(address));
        if is_news {
            told.insert(network(address), now);
        }
        is_news
    }

    /// Tells whether all that was to be written is written.
    pub(super) fn is_whole(&self) -> bool {
        self.audit.as_ref().is_none_or(Audit::is_whole)
    }

    /// Writes what is left; no line comes after.
    pub(super) fn close(&self) -> bool {
        self.audit.as_ref().is_none_or(Audit::close)
    }

    /// From now on no query begins.
    pub(super) fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// From now on queries end because the server does.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }
}
