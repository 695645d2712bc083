//! Strings of JSON: from the text they stand for, and back.

use std::borrow::Cow;

/// Decodes a JSON string, quotes included, that [`skip_value`](crate::logs::json::skip_value) has accepted.
///
/// Borrows when nothing is escaped. `None` if it is no string, is not UTF-8, or holds half a surrogate
/// pair, which no UTF-8 text can express.
#[inline]
pub fn text(raw: &[u8]) -> Option<Cow<'_, str>> {
    decode(std::str::from_utf8(raw).ok()?)
}

/// Does what [`text`] does for a string that is known to be UTF-8.
#[inline]
pub fn decode(raw: &str) -> Option<Cow<'_, str>> {
    // `strip_prefix` would compare memory for one byte; this runs thirty times a record.
    let (b'"', b'"') = (raw.as_bytes().first()?, raw.as_bytes().last()?) else { return None };
    let inner = raw.get(1..raw.len() - 1)?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    unescape(inner.as_bytes()).map(Cow::Owned)
}

fn unescape(inner: &[u8]) -> Option<String> {
    let mut decoded = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(slash) = memchr::memchr(b'\\', rest) {
        decoded.extend_from_slice(rest.get(..slash)?);
        let kind = *rest.get(slash + 1)?;
        rest = rest.get(slash + 2..)?;
        let plain = match kind {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut code = hex4(rest)?;
                rest = rest.get(4..)?;
                if (0xD800..0xDC00).contains(&code) {
                    let low = hex4(rest.strip_prefix(b"\\u")?)?;
                    if !(0xDC00..0xE000).contains(&low) {
                        return None;
                    }
                    rest = rest.get(6..)?;
                    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                }
                let mut buffer = [0; 4];
                decoded.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut buffer).as_bytes());
                continue;
            }
            other => other,
        };
        decoded.push(plain);
    }
    decoded.extend_from_slice(rest);
    String::from_utf8(decoded).ok()
}

fn hex4(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits.get(..4)?).ok()?;
    u32::from_str_radix(digits, 16).ok()
}

/// Appends `value` to `out` as a JSON string, quotes included.
pub fn write_text(out: &mut Vec<u8>, value: &str) {
    out.push(b'"');
    let mut from = 0;
    for (at, byte) in value.bytes().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..0x20 => &[],
            _ => continue,
        };
        out.extend_from_slice(&value.as_bytes()[from..at]);
        if escape.is_empty() {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        } else {
            out.extend_from_slice(escape);
        }
        from = at + 1;
    }
    out.extend_from_slice(&value.as_bytes()[from..]);
    out.push(b'"');
}
