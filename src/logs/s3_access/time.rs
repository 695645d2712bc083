//! The times of lines and of JSON records: text to microseconds since 1970 and back.

use chrono::DateTime;
use chrono::Datelike;
use chrono::NaiveDate;
use chrono::Timelike;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads `06/Feb/2019:00:00:38 +0000`, with any offset.
pub(super) fn read(text: &str) -> Option<i64> {
    let bytes: &[u8; 26] = text.as_bytes().try_into().ok()?;
    let fixed = [(2, b'/'), (6, b'/'), (11, b':'), (14, b':'), (17, b':'), (20, b' ')];
    if fixed.iter().any(|(at, byte)| bytes[*at] != *byte) {
        return None;
    }
    let number = |from: usize, to: usize| {
        bytes[from..to]
            .iter()
            .try_fold(0_u32, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
    };
    let month = MONTHS.iter().position(|month| month.as_bytes() == &bytes[3..6])?;
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(number(7, 11)?).ok()?,
        u32::try_from(month).ok()? + 1,
        number(0, 2)?,
    )?;
    let time = date.and_hms_opt(number(12, 14)?, number(15, 17)?, number(18, 20)?)?;
    let (hours, minutes) = (number(22, 24)?, number(24, 26)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let offset = i64::from(hours * 60 + minutes) * 60;
    let offset = match bytes[21] {
        b'+' => offset,
        b'-' => -offset,
        _ => return None,
    };
    Some((time.and_utc().timestamp() - offset) * 1_000_000)
}

/// Appends the time as S3 writes it into a line, in UTC. What is not a whole second is left out.
pub(super) fn write(micros: i64, out: &mut Vec<u8>) {
    let time = DateTime::from_timestamp_micros(micros).unwrap_or_default();
    let digits = |out: &mut Vec<u8>, number: u32, count: u32| {
        for place in (0..count).rev() {
            out.push(b'0' + u8::try_from(number / 10_u32.pow(place) % 10).unwrap_or_default());
        }
    };
    digits(out, time.day(), 2);
    out.push(b'/');
    out.extend_from_slice(MONTHS[time.month0() as usize % 12].as_bytes());
    out.push(b'/');
    digits(out, time.year().unsigned_abs(), 4);
    for number in [time.hour(), time.minute(), time.second()] {
        out.push(b':');
        digits(out, number, 2);
    }
    out.extend_from_slice(b" +0000");
}

/// Reads the time of a JSON record, as `2026-09-17T08:14:05.250Z`.
pub(super) fn read_iso(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_micros())
}

/// The time as JSON records have it, in milliseconds.
pub(super) fn iso(micros: i64) -> String {
    let time = DateTime::from_timestamp_micros(micros).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_of_any_offset_are_read() {
        assert_eq!(read("06/Feb/2019:00:00:38 +0000"), Some(1_549_411_238_000_000));
        assert_eq!(read("05/Feb/2019:19:00:38 -0500"), Some(1_549_411_238_000_000));
        assert_eq!(read("06/Feb/2019:05:30:38 +0530"), Some(1_549_411_238_000_000));
        for wrong in [
            "",
            "-",
            "06/Feb/2019:00:00:38",
            "06/feb/2019:00:00:38 +0000",
            "30/Feb/2019:00:00:38 +0000",
            "06/Feb/2019:24:00:38 +0000",
            "06/Feb/2019:00:00:38 +9900",
            "06/Feb/2019:00:00:38 00000",
            "06/Feb/+019:00:00:38 +0000",
            "06/Feb/2019:00:00:3\u{e9}+0000",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_round_trip(seconds in -62_167_219_200_i64..253_402_300_799, millis in 0_i64..1000) {
            let mut text = Vec::new();
            write(seconds * 1_000_000, &mut text);
            prop_assert_eq!(read(std::str::from_utf8(&text).unwrap()), Some(seconds * 1_000_000));
            let micros = seconds * 1_000_000 + millis * 1000;
            prop_assert_eq!(read_iso(&iso(micros)), Some(micros));
        }
    }
}
