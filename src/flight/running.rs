//! The queries that run, so that they can be cancelled from another connection.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use prost::bytes::Bytes;
use tokio::sync::watch;

/// How many queries that were cancelled before they began are remembered.
const MOST_REMEMBERED: usize = 1024;

/// The queries that run. Cheap to clone; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Running(Arc<Mutex<Queries>>);

#[derive(Debug, Default)]
struct Queries {
    /// The same ticket can be fetched twice at a time.
    running: HashMap<Bytes, Vec<watch::Sender<bool>>>,
    cancelled: VecDeque<Bytes>,
}

/// A query's place among those that run; dropping it leaves.
#[derive(Debug)]
pub(super) struct Place {
    running: Running,
    id: Bytes,
    cancelled: watch::Receiver<bool>,
}

impl Running {
    /// Enters a query; none if it has been cancelled already.
    pub(super) fn enter(&self, id: &Bytes) -> Option<Place> {
        let mut queries = self.queries();
        if queries.cancelled.contains(id) {
            return None;
        }
        let (sender, cancelled) = watch::channel(false);
        queries.running.entry(id.clone()).or_default().push(sender);
        Some(Place { running: self.clone(), id: id.clone(), cancelled })
    }

    /// Cancels a query, also one that has not begun; tells whether it runs.
    pub(super) fn cancel(&self, id: &Bytes) -> bool {
        let mut queries = self.queries();
        let mut told = false;
        for sender in queries.running.get(id).into_iter().flatten() {
            told |= sender.send(true).is_ok();
        }
        if !queries.cancelled.contains(id) {
            queries.cancelled.push_back(id.clone());
        }
        if queries.cancelled.len() > MOST_REMEMBERED {
            queries.cancelled.pop_front();
        }
        told
    }

    fn queries(&self) -> MutexGuard<'_, Queries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Comes back when the query is cancelled.
    pub(super) async fn cancelled(&mut self) {
        if self.cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
            // The sender lives as long as this place does.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Its sender has no receiver any more.
        let own = self.cancelled.clone();
        let mut queries = self.running.queries();
        if let Some(senders) = queries.running.get_mut(&self.id) {
            senders.retain(|sender| !sender.subscribe().same_channel(&own));
            if senders.is_empty() {
                queries.running.remove(&self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_query_is_cancelled_while_it_runs_and_before() {
        let running = Running::default();
        let (one, other) = (Bytes::from_static(b"one"), Bytes::from_static(b"other"));
        let mut first = running.enter(&one).unwrap();
        let mut second = running.enter(&one).unwrap();
        let mut unrelated = running.enter(&other).unwrap();
        drop(running.enter(&one));
        assert!(first.cancelled().now_or_never().is_none());
        assert!(running.cancel(&one));
        first.cancelled().await;
        second.cancelled().await;
        assert!(unrelated.cancelled().now_or_never().is_none());
        assert!(running.enter(&one).is_none(), "it is not begun again");
        drop((first, second, unrelated));
        assert!(running.queries().running.is_empty());
        assert!(!running.cancel(&other), "it has ended");
    }
}
