//! The snapshots that tickets and transactions name, held for as long as a client may come for them.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use tonic::Status;

use crate::flight::status;
use crate::lake::Snapshot;
use crate::session::Session;

/// How many are held.
const MOST: usize = 64;

/// How long one is held after it was last asked for.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// The snapshots that were handed out last.
#[derive(Debug, Default)]
pub(super) struct Snapshots(Mutex<Vec<Held>>);

#[derive(Debug)]
struct Held {
    versions: Vec<u64>,
    snapshot: Arc<Snapshot>,
    asked: Instant,
}

impl Snapshots {
    /// The newest snapshot, which is held from now on.
    pub(super) async fn newest(&self, session: &Session) -> Result<Arc<Snapshot>, Status> {
        let snapshot = session.snapshot().await.map_err(|error| status::of(&error))?;
        let versions = snapshot.versions();
        if self.find(&versions).is_none() {
            self.hold(versions, &snapshot);
        }
        Ok(snapshot)
    }

    /// The snapshot of these versions, if it is held.
    pub(super) fn find(&self, versions: &[u64]) -> Option<Arc<Snapshot>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = held.iter_mut().find(|held| held.versions == versions)?;
        found.asked = Instant::now();
        Some(Arc::clone(&found.snapshot))
    }

    fn hold(&self, versions: Vec<u64>, snapshot: &Arc<Snapshot>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|held| held.asked.elapsed() < KEPT);
        if held.len() >= MOST {
            let oldest = held.iter().enumerate().min_by_key(|(_, held)| held.asked).map(|(place, _)| place);
            oldest.map(|place| held.swap_remove(place));
        }
        held.push(Held { versions, snapshot: Arc::clone(snapshot), asked: Instant::now() });
    }
}
