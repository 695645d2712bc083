//! Slows down those who guess passwords.
//!
//! Failures are counted three ways: of a user from an address, of an address, and of a user from wherever. Beyond a
//! few, each further failure doubles the time during which nothing is checked. The third count is the mildest, so
//! that nobody can lock another out for long by guessing in their name; whoever has signed in goes on working.

use std::collections::HashMap;
use std::net::IpAddr;
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use tokio::sync::OwnedMutexGuard;

use super::clock::Clock;
use super::locked;

/// Failures are forgotten after so long without another one.
const FORGOTTEN: Duration = Duration::from_secs(15 * 60);

/// So many addresses and names are remembered; beyond, those that failed longest ago are forgotten.
const MOST_REMEMBERED: usize = 100_000;

/// How many failures cost nothing, and the longest wait that more of them bring.
struct Patience {
    free: u32,
    longest: Duration,
}

const USER_AT_ADDRESS: Patience = Patience { free: 5, longest: Duration::from_secs(300) };
const ADDRESS: Patience = Patience { free: 20, longest: Duration::from_secs(300) };
const USER: Patience = Patience { free: 50, longest: Duration::from_secs(30) };

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Subject {
    UserAtAddress(String, IpAddr),
    Address(IpAddr),
    User(String),
}

impl Subject {
    fn patience(&self) -> &'static Patience {
        match self {
            Self::UserAtAddress(..) => &USER_AT_ADDRESS,
            Self::Address(_) => &ADDRESS,
            Self::User(_) => &USER,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    /// How long after the last one nothing is checked.
    fn pause(self, patience: &Patience) -> Duration {
        let Some(beyond) = self.count.checked_sub(patience.free) else { return Duration::ZERO };
        Duration::from_secs(1 << beyond.min(16)).min(patience.longest)
    }
}

/// Counts failed attempts to sign in.
#[derive(Debug)]
pub(super) struct Attempts {
    failures: Mutex<HashMap<Subject, Failures>>,
    /// One check at a time for an address, so that many at once do not slip past the count.
    turns: Mutex<HashMap<IpAddr, Arc<tokio::sync::Mutex<()>>>>,
    clock: Arc<dyn Clock>,
}

impl Attempts {
    /// Counts from zero.
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { failures: Mutex::default(), turns: Mutex::default(), clock }
    }

    /// Waits until no other password from this address is checked.
    pub(super) async fn turn(&self, address: IpAddr) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = locked(&self.turns);
            // Whoever holds or awaits a turn has a reference of its own.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(network(address)).or_default())
        };
        turn.lock_owned().await
    }

    /// How long nothing from this address is checked for this user, be the password right or not; zero if it is.
    pub(super) fn pause_here(&self, name: &str, address: IpAddr) -> Duration {
        let address = network(address);
        let here = self.pause(&Subject::UserAtAddress(name.to_owned(), address));
        here.max(self.pause(&Subject::Address(address)))
    }

    /// How long no password that is not remembered is checked for this user, wherever it comes from.
    pub(super) fn pause_of_user(&self, name: &str) -> Duration {
        self.pause(&Subject::User(name.to_owned()))
    }

    /// Counts a failure.
    pub(super) fn failed(&self, name: &str, address: IpAddr) {
        let address = network(address);
        let now = self.clock.instant();
        let mut failures = locked(&self.failures);
        let subjects = [
            Subject::UserAtAddress(name.to_owned(), address),
            Subject::Address(address),
            Subject::User(name.to_owned()),
        ];
        for subject in subjects {
            let entry = failures.entry(subject).or_insert(Failures { count: 0, last: now });
            if now.saturating_duration_since(entry.last) >= FORGOTTEN {
                entry.count = 0;
            }
            *entry = Failures { count: entry.count.saturating_add(1), last: now };
        }
        if failures.len() > MOST_REMEMBERED {
            forget(&mut failures, now);
        }
    }

    /// Forgets the failures of this user at this address. Those of the address stay: one good account must not wipe
    /// out the traces of guessing at others.
    pub(super) fn succeeded(&self, name: &str, address: IpAddr) {
        locked(&self.failures).remove(&Subject::UserAtAddress(name.to_owned(), network(address)));
    }

    fn pause(&self, subject: &Subject) -> Duration {
        let failures = locked(&self.failures).get(subject).copied();
        let Some(failures) = failures else { return Duration::ZERO };
        let since = self.clock.instant().saturating_duration_since(failures.last);
        if since >= FORGOTTEN {
            return Duration::ZERO;
        }
        failures.pause(subject.patience()).saturating_sub(since)
    }
}

/// Makes room: what is over, and if that is not enough the older half.
fn forget(failures: &mut HashMap<Subject, Failures>, now: Instant) {
    failures.retain(|_, failures| now.saturating_duration_since(failures.last) < FORGOTTEN);
    if failures.len() > MOST_REMEMBERED {
        let mut times: Vec<_> = failures.values().map(|failures| failures.last).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        failures.retain(|_, failures| failures.last > median);
    }
}

/// What counts as one address: in IPv6 a network of 64 bits, all of which one machine can use.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::clock::still::Still;
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const AWAY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn attempts() -> (Attempts, Arc<Still>) {
        let clock = Arc::new(Still::new());
        (Attempts::new(Arc::clone(&clock) as Arc<dyn Clock>), clock)
    }

    #[test]
    fn waits_double_after_a_few_failures_and_end() {
        let (attempts, clock) = attempts();
        let mut pauses = Vec::new();
        for _ in 0..8 {
            attempts.failed("ann", HOME);
            pauses.push(attempts.pause_here("ann", HOME).as_secs());
        }
        assert_eq!(pauses, [0, 0, 0, 0, 1, 2, 4, 8]);
        assert_eq!(attempts.pause_here("ann", AWAY), Duration::ZERO);
        clock.pass(Duration::from_secs(8));
        assert_eq!(attempts.pause_here("ann", HOME), Duration::ZERO);
        for _ in 0..100 {
            attempts.failed("ann", HOME);
        }
        assert_eq!(attempts.pause_here("ann", HOME), Duration::from_secs(300));
        clock.pass(FORGOTTEN);
        attempts.failed("ann", HOME);
        assert_eq!(attempts.pause_here("ann", HOME), Duration::ZERO);
    }

    #[test]
    fn an_address_that_tries_many_names_has_to_wait_with_all() {
        let (attempts, _) = attempts();
        for number in 0..21 {
            attempts.failed(&format!("user{number}"), HOME);
        }
        assert!(attempts.pause_here("someone else", HOME) > Duration::ZERO);
        // Signing in as somebody does not make the address innocent.
        attempts.succeeded("someone else", HOME);
        assert!(attempts.pause_here("user1", HOME) > Duration::ZERO);
    }

    #[test]
    fn guessing_from_everywhere_slows_the_user_down_a_little() {
        let (attempts, _) = attempts();
        for number in 0..200 {
            attempts.failed("ann", IpAddr::from([10, 0, number, 1]));
        }
        assert_eq!(attempts.pause_of_user("ann"), Duration::from_secs(30));
        assert_eq!(attempts.pause_here("ann", HOME), Duration::ZERO);
    }

    #[test]
    fn one_machine_is_one_address() {
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), HOME);
        let one = network("2001:db8:1:2:3::4".parse().unwrap());
        assert_eq!(one, network("2001:db8:1:2:ffff::1".parse().unwrap()));
        assert_ne!(one, network("2001:db8:1:3::4".parse().unwrap()));
    }

    #[test]
    fn memory_is_bounded() {
        let (attempts, clock) = attempts();
        for number in 0..60_000_u32 {
            clock.pass(Duration::from_millis(1));
            attempts.failed(&format!("user{number}"), IpAddr::from(number.to_be_bytes()));
        }
        assert!(locked(&attempts.failures).len() <= MOST_REMEMBERED);
        let last = IpAddr::from(59_999_u32.to_be_bytes());
        assert!(locked(&attempts.failures).contains_key(&Subject::Address(last)));
    }

    proptest! {
        #[test]
        fn more_failures_never_mean_less_waiting(count in 0_u32..1_000) {
            let now = Instant::now();
            for patience in [USER_AT_ADDRESS, ADDRESS, USER] {
                let pause = Failures { count, last: now }.pause(&patience);
                let longer = Failures { count: count + 1, last: now }.pause(&patience);
                prop_assert!(pause <= longer && longer <= patience.longest);
            }
        }
    }
}
