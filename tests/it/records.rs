//! Finds the records of a CloudTrail file by the simplest means there are, to compare with what trailql finds.
//!
//! Nothing here is shared with the program: the whole text is parsed into values, and values are searched.

use std::io::Read;
use std::path::Path;

use serde_json::Deserializer;
use serde_json::Value;

/// The uncompressed text of a file; none if it is no text.
fn text(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).unwrap();
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return String::from_utf8(bytes).ok();
    }
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    Some(text)
}

/// The records of a file, in any order.
pub(crate) fn of_file(path: &Path) -> Vec<Value> {
    let Some(text) = text(path) else { return Vec::new() };
    let whole: Result<Vec<Value>, _> = Deserializer::from_str(&text).into_iter().collect();
    let mut found = Vec::new();
    match whole {
        Ok(values) => values.into_iter().for_each(|value| search(value, &mut found)),
        Err(_) => salvage(&text, &mut found),
    }
    found
}

fn is_record(value: &Value) -> bool {
    ["eventVersion", "eventName", "eventID", "eventId"].iter().any(|name| value.get(name).is_some())
}

/// Finds the records in a value and in the known envelopes around them.
fn search(value: Value, found: &mut Vec<Value>) {
    match value {
        Value::Array(values) => values.into_iter().for_each(|value| search(value, found)),
        Value::Object(mut fields) => {
            if let Some(records @ Value::Array(_)) = fields.get_mut("Records") {
                search(records.take(), found);
            } else if let Some(Value::String(raw)) = fields.get("_raw") {
                search(serde_json::from_str(raw).unwrap(), found);
            } else if let Some(inner) = fields.get_mut("aws").and_then(|aws| aws.get_mut("cloudtrail")) {
                search(inner.take(), found);
            } else if let value = Value::Object(fields)
                && is_record(&value)
            {
                found.push(value);
            }
        }
        _ => {}
    }
}

/// Finds the records of a text that is not JSON as a whole: each is tried where one may begin.
fn salvage(text: &str, found: &mut Vec<Value>) {
    let mut from = 0;
    while let Some(start) = text[from..].find('{').map(|at| from + at) {
        from = start + 1;
        if !text[from..].trim_start().starts_with("\"eventVersion\"") {
            continue;
        }
        let mut values = Deserializer::from_str(&text[start..]).into_iter::<Value>();
        if let Some(Ok(value)) = values.next() {
            from = start + values.byte_offset();
            found.push(value);
        }
    }
}
