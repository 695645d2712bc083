//! Object keys as S3 writes them into its logs: percent-encoded, some of them twice.

use std::borrow::Cow;

/// Decodes a key once. What is not UTF-8 then stays as it stood, and so does a `%` that begins no code.
///
/// Once is what the log's format promises. S3 encodes keys of some operations twice, and nothing in the line says
/// so: a second decoding would turn a key that really holds `%41` into another key.
pub(super) fn decode(raw: &str) -> Cow<'_, str> {
    let bytes = raw.as_bytes();
    let Some(first) = memchr::memchr(b'%', bytes) else { return Cow::Borrowed(raw) };
    let mut decoded = Vec::with_capacity(raw.len());
    decoded.extend_from_slice(bytes.get(..first).unwrap_or_default());
    let mut rest = bytes.get(first..).unwrap_or_default();
    while let Some((byte, after)) = rest.split_first() {
        let code = after.first_chunk::<2>().filter(|_| *byte == b'%').and_then(|[high, low]| {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
        });
        match code {
            Some(code) => {
                decoded.push(code);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8(decoded).map_or(Cow::Borrowed(raw), Cow::Owned)
}

/// Appends a key as S3 usually encodes it. Where a line has it otherwise, `unmapped` says how.
pub(super) fn encode(key: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'*' | b'/') {
            out.push(byte);
        } else {
            out.extend([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_decoded_once() {
        for (raw, key) in [
            ("photos/2026/puppy.jpg", "photos/2026/puppy.jpg"),
            ("WhatsApp%2BImage%2B2020-07-05.jpeg", "WhatsApp+Image+2020-07-05.jpeg"),
            ("a%2520b", "a%20b"),
            ("caf%C3%A9", "caf\u{e9}"),
            ("caf%E9", "caf%E9"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%f0%9f%92%be", "\u{1f4be}"),
            ("a+b", "a+b"),
        ] {
            assert_eq!(decode(raw), key, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(key in ".*") {
            let mut raw = Vec::new();
            encode(&key, &mut raw);
            prop_assert_eq!(decode(std::str::from_utf8(&raw).unwrap()), key);
        }

        #[test]
        fn any_text_can_be_decoded(raw in "(%[0-9A-Fa-f]{0,2}|.)*") {
            decode(&raw);
        }
    }
}
