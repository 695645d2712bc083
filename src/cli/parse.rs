//! Texts of the command line that mean a time or a size.

use chrono::DateTime;
use chrono::Utc;

/// Reads a time: ISO 8601 (without a zone: UTC), a day, or relative to now as `7d`, `24h`, `30m`.
pub(super) fn time(text: &str) -> Result<DateTime<Utc>, String> {
    crate::time::parse(text)
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
    fn sizes_have_units() {
        assert_eq!(size("1GiB"), Ok(1 << 30));
        assert_eq!(size("512M"), Ok(512 << 20));
        assert_eq!(size("1.5k"), Ok(1536));
        assert!(size("lots").is_err() && size("-1").is_err() && size("0").is_err());
    }
}
