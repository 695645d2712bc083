//! Tokens: what a handshake gives, so that a password crosses the wire once.
//!
//! A token says who, until when, and a fingerprint of the password's hash; a MAC under a key that only this process
//! has keeps it from being made or changed by others. Nothing is stored: the server forgets nobody and can be
//! flooded by nobody. A token of a user who was removed or got another password is void at once.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Hmac;
use hmac::Mac;
use sha2::Digest;
use sha2::Sha256;

use super::clock::Clock;
use super::random;
use crate::error::Error;
use crate::error::Result;

/// The form of the tokens; another number would be another form.
const VERSION: u8 = 1;
const MAC_BYTES: usize = 32;
const EXPIRY_BYTES: usize = 8;

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 1_024;

/// What a token is bound to beside the name: the first bytes of the digest of the password's hash.
pub(super) type Stamp = [u8; 16];

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It was not made by this process, or it was changed.
    Forged,
    /// It was good once.
    Expired,
}

/// Makes and checks tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    mac: Hmac<Sha256>,
    lifetime: Duration,
    clock: Arc<dyn Clock>,
}

impl Tokens {
    /// Tokens that live so long, under a random key.
    pub(super) fn new(lifetime: Duration, clock: Arc<dyn Clock>) -> Result<Self> {
        let key: [u8; 32] = random()?;
        let mac = Hmac::new_from_slice(&key)
            .map_err(|error| Error::internal("cannot sign tokens").caused_by(error.to_string()))?;
        Ok(Self { mac, lifetime, clock })
    }

    /// A token for this user from now on.
    pub(super) fn issue(&self, name: &str, stamp: Stamp) -> String {
        let expiry = self.clock.wall().saturating_add(self.lifetime).as_secs();
        let mut payload = vec![VERSION];
        payload.extend(expiry.to_be_bytes());
        payload.extend(stamp);
        payload.extend(name.as_bytes());
        let mac = self.mac.clone().chain_update(&payload).finalize().into_bytes();
        payload.extend(mac);
        URL_SAFE_NO_PAD.encode(payload)
    }

    /// Who the token was made for, and with which stamp.
    pub(super) fn check(&self, token: &str) -> Result<(String, Stamp), Refusal> {
        if token.len() > LONGEST {
            return Err(Refusal::Forged);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| Refusal::Forged)?;
        let end = bytes.len().checked_sub(MAC_BYTES).ok_or(Refusal::Forged)?;
        let (payload, mac) = bytes.split_at(end);
        // The comparison takes the same time wherever the first difference is.
        self.mac.clone().chain_update(payload).verify_slice(mac).map_err(|_| Refusal::Forged)?;
        let read = || {
            let rest = payload.strip_prefix(&[VERSION])?;
            let (expiry, rest) = rest.split_first_chunk::<EXPIRY_BYTES>()?;
            let (stamp, name) = rest.split_first_chunk::<16>()?;
            Some((u64::from_be_bytes(*expiry), *stamp, String::from_utf8(name.to_vec()).ok()?))
        };
        let (expiry, stamp, name) = read().ok_or(Refusal::Forged)?;
        if self.clock.wall().as_secs() >= expiry {
            return Err(Refusal::Expired);
        }
        Ok((name, stamp))
    }
}

/// The stamp of a password's hash.
pub(super) fn stamp(hash: &str) -> Stamp {
    let digest: [u8; 32] = Sha256::digest(hash).into();
    let mut stamp = [0; 16];
    stamp.copy_from_slice(&digest[..16]);
    stamp
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::clock::still::Still;
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn tokens() -> (Tokens, Arc<Still>) {
        let clock = Arc::new(Still::new());
        (Tokens::new(HOUR, Arc::clone(&clock) as Arc<dyn Clock>).unwrap(), clock)
    }

    #[test]
    fn a_token_is_good_until_it_expires() {
        let (tokens, clock) = tokens();
        let token = tokens.issue("ann", stamp("hash"));
        clock.pass(HOUR - Duration::from_secs(1));
        assert_eq!(tokens.check(&token), Ok(("ann".to_owned(), stamp("hash"))));
        clock.pass(Duration::from_secs(1));
        assert_eq!(tokens.check(&token), Err(Refusal::Expired));
    }

    #[test]
    fn tokens_of_another_process_are_forged() {
        let token = tokens().0.issue("ann", stamp("hash"));
        assert_eq!(tokens().0.check(&token), Err(Refusal::Forged));
    }

    proptest! {
        #[test]
        fn every_name_comes_back(name in ".{0,64}", hash in ".{0,100}") {
            let (tokens, _) = tokens();
            prop_assert_eq!(tokens.check(&tokens.issue(&name, stamp(&hash))), Ok((name, stamp(&hash))));
        }

        #[test]
        fn one_changed_bit_makes_it_forged(name in "[a-z]{1,20}", at in any::<prop::sample::Index>(), bit in 0_u32..8) {
            let (tokens, _) = tokens();
            let mut bytes = URL_SAFE_NO_PAD.decode(tokens.issue(&name, stamp("hash"))).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(tokens.check(&URL_SAFE_NO_PAD.encode(bytes)), Err(Refusal::Forged));
        }

        #[test]
        fn anything_else_is_forged(text in any::<String>()) {
            prop_assert_eq!(tokens().0.check(&text), Err(Refusal::Forged));
        }
    }
}
