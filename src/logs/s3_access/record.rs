//! Reads a JSON record, as CloudWatch Logs delivers access logs, and writes it again.
//!
//! Its keys are nearly the columns' names. The object's key is plain text in it, not percent-encoded as in a line.

use std::borrow::Cow;
use std::io::Write;

use crate::logs::ColumnType;
use crate::logs::json;
use crate::logs::json::Members;
use crate::logs::s3_access::columns::FIELDS;
use crate::logs::s3_access::columns::Field;
use crate::logs::s3_access::columns::KNOWN;
use crate::logs::s3_access::rebuild::Value;
use crate::logs::s3_access::rebuild::Values;
use crate::logs::s3_access::time;

/// The key that every record has and no column holds: so `unmapped` has it, and tells a record from a line.
pub(super) const MARK: &str = "schema_version_id";

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A record.
    Record,
    /// A wrapper of CloudWatch, whose `logEvents` begin at this offset.
    Messages(usize),
    /// Something else.
    Other,
}

/// Tells what the object that begins at `at` is, as far as it can be read.
pub(super) fn shape(input: &[u8], at: usize) -> Shape {
    let (mut marked, mut of_bucket) = (false, false);
    for member in Members::new(input, at).map_while(Result::ok) {
        match json::text(member.key.of(input)).as_deref() {
            Some(MARK) => marked = true,
            Some("bucket_name" | "bucket_arn" | "bucket") => of_bucket = true,
            Some("logEvents") if input.get(member.value.start) == Some(&b'[') => {
                return Shape::Messages(member.value.start);
            }
            _ => {}
        }
        if marked && of_bucket {
            return Shape::Record;
        }
    }
    Shape::Other
}

/// A record, taken apart.
#[derive(Debug)]
pub(super) struct Record<'a> {
    texts: [Option<Cow<'a, str>>; FIELDS],
    numbers: [Option<i64>; FIELDS],
    /// The JSON object of what no column holds exactly.
    pub(super) unmapped: Vec<u8>,
}

impl<'a> Record<'a> {
    /// Takes the JSON object that `text` is apart.
    pub(super) fn read(text: &'a str) -> Self {
        let input = text.as_bytes();
        let mut record =
            Self { texts: [const { None }; FIELDS], numbers: [None; FIELDS], unmapped: vec![b'{'] };
        let mut seen = [0_u32; FIELDS];
        let of_field = |key: &str| KNOWN.iter().position(|known| known.keys.contains(&key));
        let members: Vec<_> = Members::new(input, 0)
            .map_while(Result::ok)
            .map(|member| {
                let field = json::text(member.key.of(input)).and_then(|key| of_field(&key));
                if let Some(times) = field.and_then(|field| seen.get_mut(field)) {
                    *times += 1;
                }
                (field, member)
            })
            .collect();
        for (field, member) in members {
            let key = text.get(member.key.start..member.key.end).unwrap_or_default();
            let value = text.get(member.value.start..member.value.end).unwrap_or_default();
            // Where a field comes twice nobody can say which is right: no column takes either.
            let field = field.filter(|field| seen.get(*field) == Some(&1));
            let exact = field.is_some_and(|field| {
                record.take(field, value)
                    && json::decode(key).is_some_and(|key| KNOWN[field].keys.first() == Some(&key.as_ref()))
            });
            if !exact {
                if record.unmapped.len() > 1 {
                    record.unmapped.push(b',');
                }
                for part in [key, ":", value] {
                    record.unmapped.extend_from_slice(part.as_bytes());
                }
            }
        }
        record.unmapped.push(b'}');
        record
    }

    /// Takes a value for a column; tells whether the column says it exactly.
    fn take(&mut self, field: usize, raw: &'a str) -> bool {
        let text = json::decode(raw).filter(|text| text.as_ref() != "-");
        match KNOWN[field].kind {
            ColumnType::Timestamp => {
                let time = text.as_deref().and_then(time::read_iso);
                self.numbers[field] = time;
                time.is_some_and(|time| text.is_some_and(|text| time::iso(time) == text))
            }
            kind @ (ColumnType::Integer | ColumnType::Long) => {
                let number = whole(text.as_deref().unwrap_or(raw));
                let number =
                    number.filter(|number| kind == ColumnType::Long || i32::try_from(*number).is_ok());
                self.numbers[field] = number;
                number.is_some_and(|number| number.to_string() == raw)
            }
            _ => {
                let exact = text.is_some();
                self.texts[field] = text;
                exact
            }
        }
    }

    /// The values of the columns.
    pub(super) fn values(&self) -> Values<'_> {
        let mut values = [Value::Null; FIELDS];
        for (at, value) in values.iter_mut().enumerate() {
            *value = match (&self.texts[at], self.numbers[at]) {
                (Some(text), _) => Value::Text(text),
                (None, Some(time)) if at == Field::RequestTime.at() => Value::Time(time),
                (None, Some(number)) => Value::Number(number),
                (None, None) => Value::Null,
            };
        }
        values
    }
}

/// Reads a whole number, which JSON may also write as `2048.0` or `2e3`.
fn whole(text: &str) -> Option<i64> {
    const EXACT: f64 = (1_i64 << 53) as f64;
    text.parse().ok().or_else(|| {
        let number = text.parse::<f64>().ok()?;
        (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
    })
}

/// Appends the record of a row. `unmapped` wins: a column only adds what is not there.
pub(super) fn write(values: &Values<'_>, unmapped: &str, out: &mut Vec<u8>) {
    let input = unmapped.as_bytes();
    let kept: Vec<Cow<'_, str>> = Members::new(input, 0)
        .map_while(Result::ok)
        .filter_map(|member| json::text(member.key.of(input)))
        .collect();
    out.extend_from_slice(unmapped.strip_suffix('}').unwrap_or(unmapped).as_bytes());
    for (value, known) in values.iter().zip(&KNOWN) {
        let (Some(key), false) = (known.keys.first(), *value == Value::Null) else { continue };
        if kept.iter().any(|kept| known.keys.contains(&kept.as_ref())) {
            continue;
        }
        if out.last() != Some(&b'{') {
            out.push(b',');
        }
        json::write_text(out, key);
        out.push(b':');
        match value {
            Value::Text(text) => json::write_text(out, text),
            Value::Time(micros) => json::write_text(out, &time::iso(*micros)),
            Value::Number(number) => {
                let _ = write!(out, "{number}");
            }
            Value::Null => {}
        }
    }
    out.push(b'}');
}
