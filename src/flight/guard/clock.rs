//! What the time is. Tests bring a clock of their own.

use std::fmt;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

/// Tells the time.
pub(crate) trait Clock: fmt::Debug + Send + Sync {
    /// The time that only goes forward, for waiting.
    fn instant(&self) -> Instant;

    /// The time of the calendar, for what others read, as time since 1970.
    fn wall(&self) -> Duration;
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct System;

impl Clock for System {
    fn instant(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> Duration {
        // A clock before 1970 is a machine without one; its tokens are then from 1970.
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

#[cfg(test)]
pub(super) mod still {
    use std::sync::Mutex;

    use super::*;

    /// A clock that stands still until it is moved.
    #[derive(Debug)]
    pub(crate) struct Still {
        start: Instant,
        passed: Mutex<Duration>,
    }

    impl Still {
        pub(crate) fn new() -> Self {
            Self { start: Instant::now(), passed: Mutex::new(Duration::ZERO) }
        }

        pub(crate) fn pass(&self, duration: Duration) {
            *self.passed.lock().unwrap() += duration;
        }

        pub(crate) fn passed(&self) -> Duration {
            *self.passed.lock().unwrap()
        }
    }

    impl Clock for Still {
        fn instant(&self) -> Instant {
            self.start + self.passed()
        }

        fn wall(&self) -> Duration {
            Duration::from_secs(1_800_000_000) + self.passed()
        }
    }
}
