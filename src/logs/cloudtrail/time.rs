//! The times of a record: text to microseconds since 1970 and back.

/// Reads a JSON string that is a time; the second tells whether [`write`] gives the same text back.
pub(super) fn read(raw: &[u8]) -> (Option<i64>, bool) {
    if let Some(time) = usual(raw) {
        return (Some(time), true);
    }
    let text = std::str::from_utf8(raw).ok().map(|text| text.trim_matches('"'));
    let parsed = text.and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok());
    (parsed.map(|time| time.timestamp_micros()), false)
}

/// Reads `"2026-09-17T08:14:05Z"`, quotes included.
fn usual(raw: &[u8]) -> Option<i64> {
    let raw: &[u8; 22] = raw.try_into().ok()?;
    let fixed = [(0, b'"'), (5, b'-'), (8, b'-'), (11, b'T'), (14, b':'), (17, b':'), (20, b'Z'), (21, b'"')];
    if fixed.iter().any(|(at, byte)| raw[*at] != *byte) {
        return None;
    }
    let number = |at: usize, digits: usize| {
        raw[at..at + digits]
            .iter()
            .try_fold(0_i64, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
    };
    let (year, month, day) = (number(1, 4)?, number(6, 2)?, number(9, 2)?);
    let (hour, minute, second) = (number(12, 2)?, number(15, 2)?, number(18, 2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    if day < 1 || day > longest || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(seconds * 1_000_000)
}

/// The proleptic Gregorian day number, counted in 400-year eras from a March year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Appends the time as CloudTrail writes it, with quotes.
pub(super) fn write(out: &mut Vec<u8>, micros: i64) {
    let time = chrono::DateTime::from_timestamp_micros(micros).unwrap_or_default();
    out.extend_from_slice(time.format("\"%Y-%m-%dT%H:%M:%SZ\"").to_string().as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_usual_form_round_trips(seconds in -62_167_219_200_i64..253_402_300_799) {
            let mut text = Vec::new();
            write(&mut text, seconds * 1_000_000);
            prop_assert_eq!(read(&text), (Some(seconds * 1_000_000), true));
        }

        #[test]
        fn agrees_with_chrono(text in r#""[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z""#) {
            if let Some(time) = usual(text.as_bytes()) {
                let expected = chrono::DateTime::parse_from_rfc3339(text.trim_matches('"')).unwrap();
                prop_assert_eq!(time, expected.timestamp_micros());
            }
        }
    }

    #[test]
    fn other_forms_are_read_but_not_exact() {
        assert_eq!(read(br#""2026-09-17T10:14:05.250+02:00""#), (Some(1_789_632_845_250_000), false));
        assert_eq!(read(br#""2026-02-30T10:14:05Z""#), (None, false));
        assert_eq!(read(b"1789632845"), (None, false));
        assert!(!read(br#""2026-09-17T08:14:60Z""#).1);
    }
}
