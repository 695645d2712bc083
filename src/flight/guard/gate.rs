//! Lets so many queries run at once, and shares the places out fairly.
//!
//! A place that gets free goes to the caller who waits with the fewest queries running, among equals to the one who
//! has waited longest since it had its turn. So somebody who sends a thousand queries delays only their own.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::oneshot;

use super::locked;

/// How many queries may run and wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// So many run at once.
    pub(super) all: usize,
    /// So many of them of one caller.
    pub(super) per_caller: usize,
    /// So many of one caller wait beside.
    pub(super) waiting: usize,
    /// So long each waits.
    pub(super) patience: Duration,
}

/// Why a query was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// The caller has as many queries waiting as may wait.
    TooManyWaiting,
    /// No place got free in time.
    WaitedTooLong,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    place: oneshot::Sender<Place>,
}

#[derive(Debug, Default)]
struct Line {
    running: usize,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug, Default)]
struct Lines {
    running: usize,
    next: u64,
    of: HashMap<Arc<str>, Line>,
    /// The callers who wait, in the order of their turns.
    turns: VecDeque<Arc<str>>,
}

/// The gate that every query goes through.
#[derive(Debug)]
pub(super) struct Gate {
    room: Room,
    lines: Mutex<Lines>,
}

/// A query's place; dropping it lets the next one in.
#[derive(Debug)]
pub(super) struct Place {
    gate: Option<Arc<Gate>>,
    caller: Arc<str>,
}

/// A query that stands in line; dropping it leaves the line.
struct Ticket<'a> {
    gate: &'a Gate,
    caller: &'a str,
    number: u64,
}

impl Gate {
    /// An empty gate.
    pub(super) fn new(room: Room) -> Arc<Self> {
        Arc::new(Self { room, lines: Mutex::default() })
    }

    /// Waits for a place.
    pub(super) async fn enter(self: &Arc<Self>, caller: &str) -> Result<Place, Full> {
        let (place, mut given) = oneshot::channel();
        let ticket = {
            let mut lines = locked(&self.lines);
            let number = lines.next;
            lines.next += 1;
            let name: Arc<str> = caller.into();
            let line = lines.of.entry(Arc::clone(&name)).or_default();
            // One that can start at once does not wait.
            if line.waiting.len() >= self.room.waiting.max(1) {
                return Err(Full::TooManyWaiting);
            }
            line.waiting.push_back(Waiting { number, place });
            if line.waiting.len() == 1 {
                lines.turns.push_back(name);
            }
            self.admit(&mut lines);
            Ticket { gate: self, caller, number }
        };
        if let Ok(place) = given.try_recv() {
            return Ok(place);
        }
        let answer = tokio::time::timeout(self.room.patience, given).await;
        drop(ticket);
        match answer {
            Ok(Ok(place)) => Ok(place),
            _ => Err(Full::WaitedTooLong),
        }
    }

    /// How many queries run, and how many wait.
    pub(super) fn counts(&self) -> (usize, usize) {
        let lines = locked(&self.lines);
        (lines.running, lines.of.values().map(|line| line.waiting.len()).sum())
    }

    /// Gives away the places that are free.
    fn admit(self: &Arc<Self>, lines: &mut Lines) {
        while lines.running < self.room.all {
            let running = |name: &Arc<str>| lines.of.get(name).map_or(0, |line| line.running);
            let may = lines.turns.iter().enumerate().filter(|(_, name)| running(name) < self.room.per_caller);
            let Some((index, _)) = may.min_by_key(|(_, name)| running(name)) else { return };
            let Some(name) = lines.turns.remove(index) else { return };
            let Some(line) = lines.of.get_mut(&name) else { continue };
            let Some(next) = line.waiting.pop_front() else { continue };
            let place = Place { gate: Some(Arc::clone(self)), caller: Arc::clone(&name) };
            match next.place.send(place) {
                Ok(()) => {
                    line.running += 1;
                    lines.running += 1;
                }
                // It went away in this moment. Its place was none yet, and must not come back here, where the lock
                // is held.
                Err(mut place) => place.gate = None,
            }
            if !line.waiting.is_empty() {
                lines.turns.push_back(name);
            }
        }
    }

    /// Takes whoever is not there any more out of the lines.
    fn tidy(lines: &mut Lines, caller: &str) {
        let Some(line) = lines.of.get(caller) else { return };
        if line.waiting.is_empty() {
            let gone = line.running == 0;
            lines.turns.retain(|name| **name != *caller);
            if gone {
                lines.of.remove(caller);
            }
        }
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut lines = locked(&self.gate.lines);
        if let Some(line) = lines.of.get_mut(self.caller) {
            line.waiting.retain(|waiting| waiting.number != self.number);
            Gate::tidy(&mut lines, self.caller);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(gate) = self.gate.take() else { return };
        let mut lines = locked(&gate.lines);
        lines.running = lines.running.saturating_sub(1);
        if let Some(line) = lines.of.get_mut(&self.caller) {
            line.running = line.running.saturating_sub(1);
        }
        gate.admit(&mut lines);
        Gate::tidy(&mut lines, &self.caller);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use proptest::prelude::*;

    use super::*;

    const ROOM: Room = Room { all: 4, per_caller: 3, waiting: 100, patience: Duration::from_secs(60) };

    #[tokio::test]
    async fn a_greedy_caller_delays_only_itself() {
        let gate = Gate::new(ROOM);
        let mut greedy = Vec::new();
        for _ in 0..3 {
            greedy.push(gate.enter("greedy").await.unwrap());
        }
        let mut more: Vec<_> = (0..50).map(|_| Box::pin(gate.enter("greedy"))).collect();
        assert!(more.iter_mut().all(|waiting| waiting.now_or_never().is_none()));
        // A place is free that the greedy one does not get.
        let modest = gate.enter("modest").now_or_never().unwrap().unwrap();
        let mut second = Box::pin(gate.enter("modest"));
        assert!((&mut second).now_or_never().is_none());
        // The next free one goes to who has fewer, though fifty came before.
        greedy.pop();
        let second = second.now_or_never().unwrap().unwrap();
        assert!(more.iter_mut().all(|waiting| waiting.now_or_never().is_none()));
        drop((modest, second));
        assert_eq!(gate.counts().0, 3);
    }

    #[tokio::test]
    async fn who_goes_away_leaves_the_line() {
        let gate = Gate::new(Room { all: 1, waiting: 1, ..ROOM });
        let place = gate.enter("ann").await.unwrap();
        {
            let mut waiting = Box::pin(gate.enter("bob"));
            assert!((&mut waiting).now_or_never().is_none());
            assert_eq!(gate.counts(), (1, 1));
            assert_eq!(gate.enter("bob").await.unwrap_err(), Full::TooManyWaiting);
        }
        assert_eq!(gate.counts(), (1, 0));
        drop(place);
        assert_eq!(gate.counts(), (0, 0));
        assert!(locked(&gate.lines).of.is_empty() && locked(&gate.lines).turns.is_empty());
    }

    #[tokio::test]
    async fn nobody_waits_forever() {
        let gate = Gate::new(Room { all: 1, patience: Duration::from_millis(1), ..ROOM });
        let _place = gate.enter("ann").await.unwrap();
        assert_eq!(gate.enter("bob").await.unwrap_err(), Full::WaitedTooLong);
        assert_eq!(gate.counts(), (1, 0));
    }

    proptest! {
        /// Whatever comes, goes and gives up: no place is lost or given twice, and none is free while one may have it.
        #[test]
        fn places_are_neither_lost_nor_given_twice(steps in prop::collection::vec((0_u8..3, 0_usize..5), 1..200)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(async {
                let gate = Gate::new(ROOM);
                let names = ["a", "b", "c", "d", "e"];
                let mut waiting = Vec::new();
                let mut running = Vec::new();
                for (step, who) in steps {
                    match step {
                        0 => waiting.push(Box::pin(gate.enter(names[who]))),
                        1 if !running.is_empty() => drop(running.remove(who % running.len())),
                        2 if !waiting.is_empty() => drop(waiting.remove(who % waiting.len())),
                        _ => {}
                    }
                    let mut still = Vec::new();
                    for mut future in waiting.drain(..) {
                        match (&mut future).now_or_never() {
                            Some(place) => running.push(place.unwrap()),
                            None => still.push(future),
                        }
                    }
                    waiting = still;
                    assert_eq!(gate.counts(), (running.len(), waiting.len()));
                    assert!(running.len() <= ROOM.all);
                    let of = |name: &str| running.iter().filter(|place| *place.caller == *name).count();
                    for name in names {
                        assert!(of(name) <= ROOM.per_caller);
                    }
                    let could = locked(&gate.lines).turns.iter().any(|name| of(name) < ROOM.per_caller);
                    assert!(running.len() == ROOM.all || !could);
                }
                drop((waiting, running));
                assert_eq!(gate.counts(), (0, 0));
            });
        }
    }
}
