//! What a message of a queue says: which objects are new.
//!
//! The forms are those of S3 event notifications, of the same through SNS, of CloudTrail's own SNS notifications, and
//! of EventBridge's `Object Created`.

use serde_json::Value;

/// One object that a message names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) bucket: String,
    pub(super) key: String,
    /// The version of its content, in quotes as stores write it.
    pub(super) etag: Option<String>,
    pub(super) size: Option<u64>,
}

/// SNS may wrap what SNS has wrapped, but not for ever.
const MOST_WRAPS: usize = 4;

/// Reads the text of a message; an empty list if it says that nothing is new, as the test message of a new
/// notification does.
///
/// # Errors
/// The reason why it is none of the known forms.
pub(super) fn read(text: &str) -> Result<Vec<Named>, String> {
    read_wrapped(text, MOST_WRAPS)
}

fn read_wrapped(text: &str, wraps: usize) -> Result<Vec<Named>, String> {
    let message: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    if let Some(records) = message.get("Records").and_then(Value::as_array) {
        let named = records.iter().map(of_record).collect::<Result<Vec<_>, _>>()?;
        return Ok(named.into_iter().flatten().collect());
    }
    if message.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        return Ok(Vec::new());
    }
    if let Some(detail) = message.get("detail").filter(|_| text_of(&message, "source") == Some("aws.s3")) {
        return match text_of(&message, "detail-type") {
            Some("Object Created") => of_detail(detail).map(|named| vec![named]),
            // A rule may send more than it should; a deletion is not news for a lake that keeps everything.
            _ => Ok(Vec::new()),
        };
    }
    if let Some(keys) = message.get("s3ObjectKey").and_then(Value::as_array) {
        let bucket = text_of(&message, "s3Bucket").ok_or("it names keys, but no s3Bucket")?;
        let named = |key: &Value| {
            let key = key.as_str().ok_or("a key in s3ObjectKey is no text")?;
            Ok(Named { bucket: bucket.to_owned(), key: key.to_owned(), etag: None, size: None })
        };
        return keys.iter().map(named).collect();
    }
    if let Some(inner) = text_of(&message, "Message").filter(|_| wraps > 0) {
        // What CloudTrail sends when a topic is set.
        if inner.starts_with("CloudTrail validation message") {
            return Ok(Vec::new());
        }
        return read_wrapped(inner, wraps - 1);
    }
    Err("it is no notification of S3, SNS, CloudTrail or EventBridge".to_owned())
}

fn of_record(record: &Value) -> Result<Option<Named>, String> {
    let name = text_of(record, "eventName").unwrap_or_default();
    if !name.trim_start_matches("s3:").starts_with("ObjectCreated") {
        return Ok(None);
    }
    let s3 = record.get("s3").ok_or("a record has no s3")?;
    let mut named = of_detail(s3)?;
    // Keys are written here as in a query string.
    named.key = decode(&named.key);
    Ok(Some(named))
}

fn of_detail(detail: &Value) -> Result<Named, String> {
    let bucket = detail.pointer("/bucket/name").and_then(Value::as_str).ok_or("it names no bucket")?;
    let object = detail.get("object").ok_or("it names no object")?;
    let key = text_of(object, "key").ok_or("it names no key")?;
    let etag = text_of(object, "eTag").or_else(|| text_of(object, "etag"));
    Ok(Named {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        etag: etag.map(|etag| format!("\"{}\"", etag.trim_matches('"'))),
        size: object.get("size").and_then(Value::as_u64),
    })
}

fn text_of<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// Decodes `%XX` and `+`; what is no text then stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, code) {
            (b'%', Some(code)) => {
                bytes.push(code);
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            _ => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(message: &Value) -> String {
        match read(&message.to_string()) {
            Ok(named) => {
                let named = named.iter().map(|it| {
                    let (etag, size) = (it.etag.as_deref().unwrap_or("-"), it.size.unwrap_or_default());
                    format!("{} | {} | {etag} | {size}", it.bucket, it.key)
                });
                format!("[{}]", named.collect::<Vec<_>>().join(", "))
            }
            Err(reason) => reason,
        }
    }

    #[test]
    fn every_form_names_its_objects() {
        let object = |key: &str| json!({"key": key, "size": 7, "eTag": "abc"});
        let record = |name: &str, key: &str| json!({"eventName": name, "s3": {"bucket": {"name": "b"}, "object": object(key)}});
        let s3 = json!({"Records": [record("ObjectCreated:Put", "a+b/%C3%A9%2B.gz"), record("ObjectRemoved:Delete", "x")]});
        let sns = |inner: &str| json!({"Type": "Notification", "Message": inner});
        let messages = [
            s3.clone(),
            sns(&s3.to_string()),
            sns(&json!({"s3Bucket": "b", "s3ObjectKey": ["one", "two+plus"]}).to_string()),
            json!({"source": "aws.s3", "detail-type": "Object Created", "detail": {"bucket": {"name": "b"}, "object": {"key": "k+%20", "size": 3, "etag": "def"}}}),
            json!({"source": "aws.s3", "detail-type": "Object Deleted", "detail": {}}),
            json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}),
            sns("CloudTrail validation message."),
            sns("hello"),
            json!({"any": "thing"}),
            json!({"Records": [{"eventName": "ObjectCreated:Put"}]}),
            json!({"Records": []}),
        ];
        let shown: Vec<String> = messages.iter().map(shown).collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        [b | a b/é+.gz | "abc" | 7]
        [b | a b/é+.gz | "abc" | 7]
        [b | one | - | 0, b | two+plus | - | 0]
        [b | k+%20 | "def" | 3]
        []
        []
        []
        it is not JSON: expected value at line 1 column 1
        it is no notification of S3, SNS, CloudTrail or EventBridge
        a record has no s3
        []
        "#);
        assert!(read("not json").is_err());
    }
}
