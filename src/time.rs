//! Times as people write them: ISO 8601, a day, or how long ago.

use chrono::DateTime;
use chrono::Duration;
use chrono::NaiveDate;
use chrono::NaiveDateTime;
use chrono::NaiveTime;
use chrono::Utc;

/// Reads a time: ISO 8601 (without a zone: UTC), a day, or relative to now as `7d`, `24h`, `30m`.
///
/// # Errors
/// The text is none of them; the message says what to write.
pub fn parse(text: &str) -> Result<DateTime<Utc>, String> {
    ago(text, Utc::now()).or_else(|| absolute(text)).ok_or_else(|| {
        "not a time: write 2026-09-17, 2026-09-17T08:14:05Z, or how long ago, as 7d, 24h or 30m".to_owned()
    })
}

/// Reads a length of time: a whole number of seconds, minutes, hours, days or weeks, as `90s`, `30m`, `24h`, `7d`,
/// `2w`.
pub fn length(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let digits = text.strip_suffix(unit)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    match unit {
        's' => Duration::try_seconds(number),
        'm' => Duration::try_minutes(number),
        'h' => Duration::try_hours(number),
        'd' => Duration::try_days(number),
        'w' => Duration::try_weeks(number),
        _ => None,
    }
}

fn ago(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    now.checked_sub_signed(length(text)?)
}

fn absolute(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    for form in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, form) {
            return Some(time.and_utc());
        }
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_absolute_or_relative() {
        let now = absolute("2026-09-17T12:00:00Z").unwrap();
        let show = |time: Option<DateTime<Utc>>| time.map(|time| time.to_rfc3339());
        insta::assert_debug_snapshot!([
            show(ago("7d", now)),
            show(ago("24h", now)),
            show(ago("-1d", now)),
            show(ago("d", now)),
            show(absolute("2026-09-17")),
            show(absolute("2026-09-17T08:14:05+02:00")),
            show(absolute("2026-09-17 08:14")),
            show(absolute("17.9.2026")),
        ], @r#"
        [
            Some(
                "2026-09-10T12:00:00+00:00",
            ),
            Some(
                "2026-09-16T12:00:00+00:00",
            ),
            None,
            None,
            Some(
                "2026-09-17T00:00:00+00:00",
            ),
            Some(
                "2026-09-17T06:14:05+00:00",
            ),
            Some(
                "2026-09-17T08:14:00+00:00",
            ),
            None,
        ]
        "#);
    }
}
