//! Texts of the command line that mean a time or a size.

use chrono::DateTime;
use chrono::Utc;

use crate::lake::upkeep::At;

/// Reads a time: ISO 8601 (without a zone: UTC), a day, or relative to now as `7d`, `24h`, `30m`.
pub(super) fn time(text: &str) -> Result<DateTime<Utc>, String> {
    crate::time::parse(text)
}

/// Reads which snapshot is meant: a time, or a version as `17` or `s3_access:17`.
pub(super) fn at(text: &str) -> Result<At, String> {
    if let Ok(time) = time(text) {
        return Ok(At::Time(time));
    }
    let wrong = "not a version, as 17 or s3_access:17, and not a time, as 2026-09-17T08:14:05Z or 7d";
    text.parse().map_err(|_| wrong.to_owned())
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
    fn a_snapshot_is_a_version_or_a_time() {
        assert_eq!(at("17"), Ok(At::Version(None, 17)));
        assert_eq!(at("s3_access:17"), Ok(At::Version(Some("s3_access".to_owned()), 17)));
        assert!(matches!(at("2026-09-17T08:00"), Ok(At::Time(_))));
        assert!(matches!(at("7d"), Ok(At::Time(_))));
        assert!(at("yesterday").is_err());
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("1GiB"), Ok(1 << 30));
        assert_eq!(size("512M"), Ok(512 << 20));
        assert_eq!(size("1.5k"), Ok(1536));
        assert!(size("lots").is_err() && size("-1").is_err() && size("0").is_err());
    }
}
