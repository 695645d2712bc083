//! Texts of the command line that mean a time or a size.

use chrono::DateTime;
use chrono::Duration;
use chrono::NaiveDate;
use chrono::NaiveDateTime;
use chrono::NaiveTime;
use chrono::Utc;

/// Reads a time: ISO 8601 (without a zone: UTC), a day, or relative to now as `7d`, `24h`, `30m`.
pub(super) fn time(text: &str) -> Result<DateTime<Utc>, String> {
    relative(text, Utc::now()).or_else(|| absolute(text)).ok_or_else(|| {
        "not a time: write 2026-09-17, 2026-09-17T08:14:05Z, or how long ago, as 7d, 24h or 30m".to_owned()
    })
}

fn relative(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let unit = text.chars().last()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok().filter(|number| *number >= 0)?;
    let duration = match unit {
        'm' => Duration::try_minutes(number),
        'h' => Duration::try_hours(number),
        'd' => Duration::try_days(number),
        'w' => Duration::try_weeks(number),
        _ => None,
    };
    now.checked_sub_signed(duration?)
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

/// Reads how long something lasts: `30s`, `5m`, `1h`.
pub(super) fn duration(text: &str) -> Result<std::time::Duration, String> {
    let wrong = || "not a length of time: write 30s, 5m or 1h".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number: u64 = text.strip_suffix(unit).and_then(|digits| digits.parse().ok()).ok_or_else(wrong)?;
    let seconds = match unit {
        's' => number,
        'm' => number.saturating_mul(60),
        'h' => number.saturating_mul(3_600),
        _ => return Err(wrong()),
    };
    if (1..=86_400).contains(&seconds) { Ok(std::time::Duration::from_secs(seconds)) } else { Err(wrong()) }
}

/// Reads the number of an account.
pub(super) fn account(text: &str) -> Result<String, String> {
    let fits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(text.to_owned()) } else { Err("not an account: write its twelve digits".to_owned()) }
}

/// Reads a size in bytes: `1GiB`, `512M`, `100000`. Units are powers of 1024.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let wrong = || "not a size: write 512MiB, 1GiB or a number of bytes".to_owned();
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: f64 = digits.trim().parse().map_err(|_| wrong())?;
    let unit = text.get(digits.len()..).unwrap_or_default().to_ascii_lowercase();
    let shift = match unit.as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return Err(wrong()),
    };
    let bytes = number * f64::from(1_u32 << shift);
    if bytes.is_finite() && (1.0..1e15).contains(&bytes) { Ok(bytes as usize) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_absolute_or_relative() {
        let now = absolute("2026-09-17T12:00:00Z").unwrap();
        let show = |time: Option<DateTime<Utc>>| time.map(|time| time.to_rfc3339());
        insta::assert_debug_snapshot!([
            show(relative("7d", now)),
            show(relative("24h", now)),
            show(relative("-1d", now)),
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

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("1GiB"), Ok(1 << 30));
        assert_eq!(size("512M"), Ok(512 << 20));
        assert_eq!(size("1.5k"), Ok(1536));
        assert!(size("lots").is_err() && size("-1").is_err() && size("0").is_err());
    }
}
