//! The incident's clock: seconds of September 2026, UTC.

/// A second of September 2026, counted from the start of the 1st, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(u32);

/// The time of day `hour:minute:second` on this day of September 2026.
pub(super) const fn at(day: u32, hour: u32, minute: u32, second: u32) -> Moment {
    Moment((((day - 1) * 24 + hour) * 60 + minute) * 60 + second)
}

impl Moment {
    /// This many seconds later.
    pub(super) const fn plus(self, seconds: u32) -> Self {
        Self(self.0 + seconds)
    }

    /// This many seconds earlier.
    pub(super) const fn minus(self, seconds: u32) -> Self {
        Self(self.0 - seconds)
    }

    /// The end of the quarter of an hour this moment is in: when its events are delivered.
    pub(super) const fn delivered(self) -> Self {
        Self((self.0 / 900 + 1) * 900)
    }

    /// Day of the month, hour, minute, second.
    const fn parts(self) -> (u32, u32, u32, u32) {
        (self.0 / 86_400 + 1, self.0 / 3_600 % 24, self.0 / 60 % 60, self.0 % 60)
    }

    /// As events write it: `2026-09-17T01:06:12Z`.
    pub(super) fn iso(self) -> String {
        let (day, hour, minute, second) = self.parts();
        format!("2026-09-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }

    /// As credentials write it: `Sep 17, 2026, 1:06:12 AM`.
    pub(super) fn spelled(self) -> String {
        let (day, hour, minute, second) = self.parts();
        let (half, hour) = (if hour < 12 { "AM" } else { "PM" }, (hour + 11) % 12 + 1);
        format!("Sep {day}, 2026, {hour}:{minute:02}:{second:02} {half}")
    }

    /// The folder of a day: `2026/09/17`.
    pub(super) fn folder(self) -> String {
        format!("2026/09/{:02}", self.parts().0)
    }

    /// As the names of deliveries write it: `20260917T0115Z`.
    pub(super) fn stamp(self) -> String {
        let (day, hour, minute, _) = self.parts();
        format!("202609{day:02}T{hour:02}{minute:02}Z")
    }

    /// As the names of digests write it: `20260917T020000Z`.
    pub(super) fn long_stamp(self) -> String {
        let (day, hour, minute, second) = self.parts();
        format!("202609{day:02}T{hour:02}{minute:02}{second:02}Z")
    }

    /// Milliseconds since 1970, as EC2 writes times in its answers.
    pub(super) fn milliseconds(self) -> u64 {
        // 1 September 2026 00:00 UTC.
        (1_788_220_800 + u64::from(self.0)) * 1_000
    }
}
