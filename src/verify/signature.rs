//! Signatures of digests: what is signed, with which key, and whether it holds.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::RSA_PKCS1_2048_8192_SHA256;
use ring::signature::UnparsedPublicKey;

use crate::lake::Key;

/// The text that CloudTrail signs: end time, place, hash of the digest, signature of the one before.
pub fn signed_text(end: &str, bucket: &str, object: &str, sha256: &str, previous: Option<&str>) -> String {
    format!("{end}\n{bucket}/{object}\n{sha256}\n{}", previous.unwrap_or("null"))
}

/// The keys of a lake by their names. Two regions may have keys of one name.
#[derive(Debug, Default)]
pub struct Keyring(HashMap<String, Vec<Vec<u8>>>);

impl Keyring {
    /// Reads keys; what is no RSA key cannot verify anything and is left out.
    pub fn new(keys: &[Key]) -> Self {
        let mut ring: HashMap<String, Vec<Vec<u8>>> = HashMap::new();
        for key in keys {
            if let Ok(der) = public_key(&key.value) {
                let known = ring.entry(key.fingerprint.clone()).or_default();
                if !known.contains(&der) {
                    known.push(der);
                }
            }
        }
        Self(ring)
    }

    /// Tells whether there is a key of that name.
    pub fn knows(&self, fingerprint: &str) -> bool {
        self.0.contains_key(fingerprint)
    }

    /// Tells whether a key of that name has signed the text; the signature is in hexadecimal.
    pub fn verifies(&self, fingerprint: &str, text: &str, signature: &str) -> bool {
        let Some(signature) = from_hex(signature) else { return false };
        self.0.get(fingerprint).into_iter().flatten().any(|der| {
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der)
                .verify(text.as_bytes(), &signature)
                .is_ok()
        })
    }
}

/// The RSA key in a text as AWS gives it: base64 of DER, `RSAPublicKey` (PKCS #1) or within a `SubjectPublicKeyInfo`.
/// Returned is the DER of the `RSAPublicKey`.
///
/// # Errors
/// The text is neither; the error says why.
pub fn public_key(value: &str) -> Result<Vec<u8>, String> {
    let text: String = value.split_whitespace().collect();
    let der = STANDARD.decode(text).map_err(|error| format!("it is no base64: {error}"))?;
    let wrong = || "it is no RSA public key in DER".to_owned();
    let (tag, content, rest) = element(&der).ok_or_else(wrong)?;
    if tag != SEQUENCE || !rest.is_empty() {
        return Err(wrong());
    }
    let (first, inner, after) = element(content).ok_or_else(wrong)?;
    match first {
        INTEGER => {
            let (exponent, _, end) = element(after).ok_or_else(wrong)?;
            if exponent == INTEGER && end.is_empty() { Ok(der) } else { Err(wrong()) }
        }
        SEQUENCE => {
            let (oid, name, _) = element(inner).ok_or_else(wrong)?;
            let (bits, string, end) = element(after).ok_or_else(wrong)?;
            if oid != OBJECT_ID || name != RSA_ENCRYPTION || bits != BIT_STRING || !end.is_empty() {
                return Err(wrong());
            }
            // The first byte says how many bits of the last are unused.
            match string.split_first() {
                Some((0, key))
                    if element(key).is_some_and(|(tag, _, rest)| tag == SEQUENCE && rest.is_empty()) =>
                {
                    Ok(key.to_vec())
                }
                _ => Err(wrong()),
            }
        }
        _ => Err(wrong()),
    }
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_ID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// 1.2.840.113549.1.1.1
const RSA_ENCRYPTION: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];

/// The first element of DER: its tag, its content, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
        if digits.is_empty() || digits.len() > 4 {
            return None;
        }
        (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// Reads hexadecimal digits.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim().as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests;
