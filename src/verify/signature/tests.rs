//! Genuine signatures hold, and no bit of what they are about can be changed.

use std::path::Path;

use ring::rand::SystemRandom;
use ring::signature::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use ring::signature::RsaKeyPair;
use rsa::BigUint;
use rsa::Pkcs1v15Sign;
use rsa::RsaPublicKey;
use serde_json::Value;

use super::*;

fn key(fingerprint: &str, value: String) -> Key {
    Key {
        fingerprint: fingerprint.to_owned(),
        region: None,
        valid_from: None,
        valid_until: None,
        value,
        source: String::new(),
    }
}

/// The two numbers of an `RSAPublicKey`.
fn numbers(der: &[u8]) -> RsaPublicKey {
    let (_, content, _) = element(der).unwrap();
    let (_, modulus, rest) = element(content).unwrap();
    let (_, exponent, _) = element(rest).unwrap();
    RsaPublicKey::new(BigUint::from_bytes_be(modulus), BigUint::from_bytes_be(exponent)).unwrap()
}

#[test]
fn signatures_of_aws_hold() {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1);
    let found = above
        .map_while(|folder| Some(folder.join("shared/data/digest/vectors.json")))
        .find(|file| file.exists());
    let Some(found) = found else { return };
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(found).unwrap()).unwrap();
    let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
    let keys = vectors["keys"].as_array().unwrap();
    for key in keys {
        assert!(public_key(&text(key, "value_b64")).is_ok(), "{key}");
    }
    let mut held = 0;
    for vector in vectors["signature_vectors"].as_array().unwrap() {
        let name = text(vector, "public_key_fingerprint");
        let value = keys.iter().find(|key| text(key, "fingerprint") == name).unwrap();
        let der = public_key(&text(value, "value_b64")).unwrap();
        let signature = from_hex(&text(vector, "signature_hex")).unwrap();
        // AWS published no text that it signed, but the hash of it can be had from the signature.
        let hash = from_hex(&text(vector, "signed_sha256_hex")).unwrap();
        let prefix = from_hex("3031300d060960864801650304020105000420").unwrap();
        let scheme = Pkcs1v15Sign { hash_len: Some(32), prefix: prefix.into() };
        let verify = |hash: &[u8]| numbers(&der).verify(scheme.clone(), hash, &signature);
        assert!(verify(&hash).is_ok());
        let mut other = hash.clone();
        other[7] ^= 1;
        assert!(verify(&other).is_err());
        held += 1;
    }
    assert_eq!(held, 2);
}

#[test]
fn no_bit_can_be_changed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/integrity/trail.pem");
    let pem = std::fs::read_to_string(path).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let pair = RsaKeyPair::from_der(&STANDARD.decode(body).unwrap()).unwrap();
    let public = pair.public_key().as_ref().to_vec();
    let text = signed_text(
        "2026-09-17T01:00:00Z",
        "bucket",
        "AWSLogs/111122223333/CloudTrail-Digest/x.json.gz",
        &"ab".repeat(32),
        Some("0123456789"),
    );
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let ring = Keyring::new(&[key("k", STANDARD.encode(&public))]);
    assert!(ring.verifies("k", &text, &hex(&signature)));
    assert!(!ring.verifies("other", &text, &hex(&signature)));
    let flips = |bytes: &[u8]| {
        let bytes = bytes.to_vec();
        (0..bytes.len() * 8).map(move |bit| {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            flipped
        })
    };
    // The text holds the time, the path, the hash of the digest's bytes, and the signature before it.
    for flipped in flips(text.as_bytes()) {
        // A bit that makes it no text cannot be signed at all.
        if let Ok(flipped) = String::from_utf8(flipped) {
            assert!(!ring.verifies("k", &flipped, &hex(&signature)), "{flipped}");
        }
    }
    for flipped in flips(&signature) {
        assert!(!ring.verifies("k", &text, &hex(&flipped)));
    }
    for flipped in flips(&public) {
        let ring = Keyring::new(&[key("k", STANDARD.encode(flipped))]);
        assert!(!ring.verifies("k", &text, &hex(&signature)));
    }
}

#[test]
fn hostile_keys_are_refused() {
    for bytes in [
        &[][..],
        &[0x30],
        &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x30, 0x03, 0x02, 0x01, 0x05],
        &[0x02, 0x01, 0x01],
    ] {
        assert!(public_key(&STANDARD.encode(bytes)).is_err(), "{bytes:?}");
    }
    assert!(public_key("not base64!").is_err());
}
