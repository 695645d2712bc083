//! Times as CloudTrail writes them, from seconds since 1970 (UTC).

use std::fmt::Write;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The parts of a moment on the calendar.
pub(super) struct Moment {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
}

impl Moment {
    /// Takes apart seconds since 1970; the calendar is the one of Hinnant's `civil_from_days`.
    pub(super) fn new(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let shifted = days + 719_468;
        let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: of_year - (153 * shifted_month + 2) / 5 + 1,
            hour: rest / 3_600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }

    /// Appends `2026-09-17T13:15:00Z`.
    pub(super) fn iso(&self, out: &mut String) {
        self.day(out);
        let _ = write!(out, "T{:02}:{:02}:{:02}Z", self.hour, self.minute, self.second);
    }

    /// Appends `2026-09-17`.
    pub(super) fn day(&self, out: &mut String) {
        let _ = write!(out, "{}-{:02}-{:02}", self.year, self.month, self.day);
    }

    /// Appends `Sep 17, 2026, 1:15:00 PM`, as services print times in what they answer.
    pub(super) fn spelled(&self, out: &mut String) {
        let month = MONTHS[(self.month - 1).rem_euclid(12) as usize];
        let (hour, half) = ((self.hour + 11) % 12 + 1, if self.hour < 12 { "AM" } else { "PM" });
        let (day, year) = (self.day, self.year);
        let _ = write!(out, "{month} {day}, {year}, {hour}:{:02}:{:02} {half}", self.minute, self.second);
    }
}
