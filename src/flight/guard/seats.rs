//! How many connections there are, and who has to go when there are too many.
//!
//! A connection begins as a stranger. Strangers that send no request in time are closed, and when the server is full
//! the oldest stranger makes room for the newest connection: ten thousand idle connections cannot keep out the one
//! that has something to say. A connection whose caller was let in is not closed for others.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use tokio::sync::oneshot;

use super::attempts::network;
use super::clock::Clock;
use super::locked;
use super::metrics::Closed;
use super::metrics::Metrics;

/// How many connections there may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    /// From everywhere.
    pub(super) all: usize,
    /// From one address.
    pub(super) per_address: usize,
    /// How long one may be silent before its first request.
    pub(super) silence: Duration,
}

#[derive(Debug)]
struct Stranger {
    address: IpAddr,
    since: Instant,
    /// It has sent a request, though none that proved who it is.
    asked: bool,
    /// Dropped or sent to, it tells the connection to close, or that it may stay.
    close: oneshot::Sender<()>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    all: usize,
    of: HashMap<IpAddr, usize>,
    /// By age.
    strangers: BTreeMap<u64, Stranger>,
}

/// The seats of all connections.
#[derive(Debug)]
pub(super) struct Seats {
    most: Most,
    taken: Mutex<Taken>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

/// One connection's seat; dropping it frees it.
#[derive(Debug)]
pub(super) struct Seat {
    number: u64,
    address: IpAddr,
    proven: AtomicBool,
    seats: Arc<Seats>,
}

/// Becomes ready with a value when the connection has to close, and without one when it may stay for good.
pub(super) type Close = oneshot::Receiver<()>;

impl Seats {
    /// All seats are free.
    pub(super) fn new(most: Most, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self { most, taken: Mutex::default(), clock, metrics })
    }

    /// A seat for a connection from this address; none if there is none and nobody can be sent away for it.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<(Seat, Close)> {
        let address = network(address);
        let mut taken = locked(&self.taken);
        if taken.of.get(&address).copied().unwrap_or_default() >= self.most.per_address {
            self.make_room(&mut taken, |stranger| stranger.address == address)?;
        }
        if taken.all >= self.most.all {
            self.make_room(&mut taken, |_| true)?;
        }
        let number = taken.next;
        taken.next += 1;
        taken.all += 1;
        *taken.of.entry(address).or_default() += 1;
        let (close, closed) = oneshot::channel();
        let since = self.clock.instant();
        taken.strangers.insert(number, Stranger { address, since, asked: false, close });
        self.metrics.connections.fetch_add(1, Ordering::Relaxed);
        Some((Seat { number, address, proven: AtomicBool::new(false), seats: Arc::clone(self) }, closed))
    }

    /// Closes the strangers that have been silent for too long.
    pub(super) fn sweep(&self) {
        let now = self.clock.instant();
        let mut taken = locked(&self.taken);
        let late = |stranger: &Stranger| {
            !stranger.asked && now.saturating_duration_since(stranger.since) >= self.most.silence
        };
        let old = taken.strangers.iter().filter(|(_, stranger)| late(stranger));
        let numbers: Vec<_> = old.map(|(number, _)| *number).collect();
        for number in numbers {
            self.send_away(&mut taken, number, Closed::Silent);
        }
    }

    /// Closes all strangers, as the server stops.
    pub(super) fn close_strangers(&self) {
        let mut taken = locked(&self.taken);
        let numbers: Vec<_> = taken.strangers.keys().copied().collect();
        for number in numbers {
            self.send_away(&mut taken, number, Closed::NoRoom);
        }
    }

    /// The oldest stranger goes; one that has asked for something only if there is no other.
    fn make_room(&self, taken: &mut Taken, may: impl Fn(&Stranger) -> bool) -> Option<()> {
        let mut oldest = taken.strangers.iter().filter(|(_, stranger)| may(stranger));
        let first = oldest.next().map(|(number, stranger)| (*number, stranger.asked));
        let number = match first {
            Some((number, true)) => {
                oldest.find(|(_, stranger)| !stranger.asked).map_or(number, |(silent, _)| *silent)
            }
            Some((number, false)) => number,
            None => {
                self.metrics.closed(Closed::NoRoom);
                return None;
            }
        };
        self.send_away(taken, number, Closed::MadeRoom);
        Some(())
    }

    fn send_away(&self, taken: &mut Taken, number: u64, why: Closed) {
        if let Some(stranger) = taken.strangers.remove(&number) {
            self.metrics.closed(why);
            self.free(taken, stranger.address);
            // A connection that is not there any more needs no telling.
            let _ = stranger.close.send(());
        }
    }

    fn free(&self, taken: &mut Taken, address: IpAddr) {
        taken.all = taken.all.saturating_sub(1);
        if let Some(count) = taken.of.get_mut(&address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.of.remove(&address);
            }
        }
        self.metrics.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Seat {
    /// The connection has sent a request.
    pub(super) fn asked(&self) {
        if !self.proven.load(Ordering::Relaxed)
            && let Some(stranger) = locked(&self.seats.taken).strangers.get_mut(&self.number)
        {
            stranger.asked = true;
        }
    }

    /// The connection's caller was let in.
    pub(super) fn proven(&self) {
        if self.proven.load(Ordering::Relaxed) {
            return;
        }
        let mut taken = locked(&self.seats.taken);
        // One that was just sent away is no seat any more.
        if taken.strangers.remove(&self.number).is_some() {
            self.proven.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = locked(&self.seats.taken);
        let was_stranger = taken.strangers.remove(&self.number).is_some();
        if was_stranger || self.proven.load(Ordering::Relaxed) {
            self.seats.free(&mut taken, self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::clock::still::Still;
    use super::*;

    fn seats(all: usize, per_address: usize) -> (Arc<Seats>, Arc<Still>) {
        let clock = Arc::new(Still::new());
        let most = Most { all, per_address, silence: Duration::from_secs(15) };
        let seats = Seats::new(most, Arc::clone(&clock) as Arc<dyn Clock>, Arc::default());
        (seats, clock)
    }

    fn address(number: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, number])
    }

    fn must_close(close: &mut Close) -> bool {
        close.try_recv().is_ok()
    }

    #[test]
    fn the_oldest_stranger_makes_room_and_guests_stay() {
        let (seats, _) = seats(3, 3);
        let (guest, mut close_guest) = seats.take(address(1)).unwrap();
        guest.proven();
        let (_first, mut close_first) = seats.take(address(2)).unwrap();
        let (_second, mut close_second) = seats.take(address(3)).unwrap();
        let (_third, _) = seats.take(address(4)).unwrap();
        assert!(
            must_close(&mut close_first) && !must_close(&mut close_second) && !must_close(&mut close_guest)
        );
        assert_eq!(locked(&seats.taken).all, 3);
    }

    #[test]
    fn one_that_has_asked_goes_after_the_silent_ones() {
        let (seats, _) = seats(2, 2);
        let (asked, mut close_asked) = seats.take(address(1)).unwrap();
        asked.asked();
        let (_silent, mut close_silent) = seats.take(address(2)).unwrap();
        let (_third, _close) = seats.take(address(3)).unwrap();
        assert!(must_close(&mut close_silent) && !must_close(&mut close_asked));
    }

    #[test]
    fn a_full_house_of_guests_is_full() {
        let (seats, _) = seats(10, 2);
        let guests: Vec<_> = (0..2).map(|_| seats.take(address(1)).unwrap().0).collect();
        guests.iter().for_each(Seat::proven);
        assert!(seats.take(address(1)).is_none());
        assert!(seats.take(address(2)).is_some());
        drop(guests);
        assert!(seats.take(address(1)).is_some());
    }

    #[test]
    fn silence_is_not_waited_for() {
        let (seats, clock) = seats(10, 10);
        let (_silent, mut close_silent) = seats.take(address(1)).unwrap();
        let (asked, mut close_asked) = seats.take(address(1)).unwrap();
        asked.asked();
        clock.pass(Duration::from_secs(14));
        seats.sweep();
        assert!(!must_close(&mut close_silent));
        clock.pass(Duration::from_secs(1));
        seats.sweep();
        assert!(must_close(&mut close_silent) && !must_close(&mut close_asked));
    }

    proptest! {
        #[test]
        fn the_counts_are_right_whatever_happens(steps in prop::collection::vec((0_u8..5, 0_usize..8), 1..300)) {
            let (seats, clock) = seats(6, 4);
            let mut held: Vec<(Seat, Close)> = Vec::new();
            for (step, which) in steps {
                let at = which.checked_rem(held.len());
                match (step, at) {
                    (0, _) => held.extend(seats.take(address(which as u8 % 3))),
                    (1, Some(at)) => drop(held.swap_remove(at)),
                    (2, Some(at)) => held[at].0.proven(),
                    (3, Some(at)) => held[at].0.asked(),
                    _ => {
                        clock.pass(Duration::from_secs(4));
                        seats.sweep();
                    }
                }
                // Those that were told to close hold no seat though they are still there.
                held.retain_mut(|(_, close)| !must_close(close));
                let taken = locked(&seats.taken);
                prop_assert_eq!(taken.all, held.len());
                prop_assert_eq!(taken.of.values().sum::<usize>(), held.len());
                prop_assert!(taken.all <= 6 && taken.of.values().all(|count| *count <= 4));
            }
        }
    }
}
