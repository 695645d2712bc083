//! Checks passwords. A check with argon2 takes tens of milliseconds and 19 MiB on purpose; clients that send their
//! password with every call could not live with that, so what was found right is remembered for a while, as a MAC
//! under a key that only this process has. A wrong password is never remembered.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use argon2::Argon2;
use argon2::PasswordHash;
use argon2::PasswordVerifier;
use hmac::Hmac;
use hmac::Mac;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use super::clock::Clock;
use super::locked;
use super::random;
use super::users;
use super::users::Users;
use crate::error::Error;
use crate::error::Result;

/// How long a right password is remembered.
const REMEMBERED: Duration = Duration::from_secs(3_600);

/// So many checks run at once, so that a storm of them takes neither all cores nor all memory.
const AT_ONCE: usize = 4;

/// Checks passwords and remembers the right ones.
#[derive(Debug)]
pub(super) struct Passwords {
    mac: Hmac<Sha256>,
    /// A user has one password, so one entry each.
    right: Mutex<HashMap<String, (Instant, [u8; 32])>>,
    checks: Arc<Semaphore>,
    /// A hash that no password has, checked for users that are not there, so that they take as long as others.
    decoy: Arc<str>,
    clock: Arc<dyn Clock>,
}

impl Passwords {
    /// Remembers nothing yet.
    pub(super) fn new(clock: Arc<dyn Clock>) -> Result<Self> {
        let key: [u8; 32] = random()?;
        let mac = Hmac::new_from_slice(&key)
            .map_err(|error| Error::internal("cannot remember passwords").caused_by(error.to_string()))?;
        let nobody: [u8; 16] = random()?;
        let decoy = users::hash(&u128::from_be_bytes(nobody).to_string())?.into();
        let checks = Arc::new(Semaphore::new(AT_ONCE));
        Ok(Self { mac, right: Mutex::default(), checks, decoy, clock })
    }

    /// Tells whether this password was found right not long ago, for the hash the user has now.
    pub(super) fn remembered(&self, users: &Users, name: &str, password: &str) -> bool {
        let Some(hash) = users.hash(name) else { return false };
        let mac = self.mac_of(name, password, hash);
        let right = locked(&self.right);
        let Some((since, known)) = right.get(name) else { return false };
        let fresh = self.clock.instant().saturating_duration_since(*since) < REMEMBERED;
        fresh & bool::from(known.ct_eq(&mac))
    }

    /// Checks a password the slow way, and remembers it if it is right. A user that is not there takes as long.
    pub(super) async fn check(&self, users: &Users, name: &str, password: &str) -> Result<bool> {
        let hash = users.hash(name).map(Arc::<str>::from);
        let known = hash.is_some();
        let compared = hash.clone().unwrap_or_else(|| self.decoy_like(users));
        let given = password.to_owned();
        let permit = Arc::clone(&self.checks)
            .acquire_owned()
            .await
            .map_err(|_| Error::internal("no more passwords are checked"))?;
        let fits = tokio::task::spawn_blocking(move || {
            let fits = verify(&compared, &given);
            drop(permit);
            fits
        })
        .await
        .map_err(|error| Error::internal("the check of a password ended early").caused_by(error))?;
        let right = fits & known;
        if let Some(hash) = hash.filter(|_| right) {
            let mac = self.mac_of(name, password, &hash);
            locked(&self.right).insert(name.to_owned(), (self.clock.instant(), mac));
        }
        Ok(right)
    }

    /// Forgets those who are no users any more.
    pub(super) fn keep_only(&self, users: &Users) {
        locked(&self.right).retain(|name, _| users.has(name));
    }

    /// A hash to check in place of one that is not there. The file may have been written with other costs than ours;
    /// then one of its own lines tells the cost, and its answer is not looked at.
    fn decoy_like(&self, users: &Users) -> Arc<str> {
        let costs = |hash: &str| PasswordHash::new(hash).ok().map(|hash| hash.params.to_string());
        match users.any_hash() {
            Some(hash) if costs(hash) != costs(&self.decoy) => hash.into(),
            _ => Arc::clone(&self.decoy),
        }
    }

    fn mac_of(&self, name: &str, password: &str, hash: &str) -> [u8; 32] {
        let mut mac = self.mac.clone();
        for part in [name, password, hash] {
            // With its length before it, no two triples give the same bytes.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

fn verify(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use argon2::Params;
    use argon2::PasswordHasher;
    use argon2::password_hash::SaltString;

    use super::super::clock::still::Still;
    use super::*;

    /// The line of a user whose password costs next to nothing to check.
    pub(crate) fn cheap(name: &str, password: &str) -> String {
        let params = Params::new(16, 1, 1, None).unwrap();
        let argon2 = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let salt = SaltString::encode_b64(b"some salt").unwrap();
        format!("{name}:{}\n", argon2.hash_password(password.as_bytes(), &salt).unwrap())
    }

    #[tokio::test]
    async fn right_passwords_are_remembered_and_wrong_ones_are_not() {
        let clock = Arc::new(Still::new());
        let passwords = Passwords::new(Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        let users = Users::parse(&cheap("ann", "correct horse"), "users").unwrap();
        assert!(!passwords.remembered(&users, "ann", "correct horse"));
        assert!(!passwords.check(&users, "ann", "wrong horse").await.unwrap());
        assert!(!passwords.remembered(&users, "ann", "wrong horse"));
        assert!(passwords.check(&users, "ann", "correct horse").await.unwrap());
        assert!(passwords.remembered(&users, "ann", "correct horse"));
        assert!(!passwords.remembered(&users, "ann", "wrong horse"));
        assert!(!passwords.remembered(&users, "bob", "correct horse"));
        // Another password of the same user makes the old one void at once.
        let changed = Users::parse(&cheap("ann", "battery staple"), "users").unwrap();
        assert!(!passwords.remembered(&changed, "ann", "correct horse"));
        clock.pass(REMEMBERED);
        assert!(!passwords.remembered(&users, "ann", "correct horse"));
    }

    #[tokio::test]
    async fn nobody_is_let_in_by_the_decoy() {
        let passwords = Passwords::new(Arc::new(Still::new())).unwrap();
        let users = Users::parse(&cheap("ann", "correct horse"), "users").unwrap();
        // The check runs against ann's hash, whose password this is.
        assert!(!passwords.check(&users, "bob", "correct horse").await.unwrap());
        assert!(!format!("{passwords:?}").contains("correct horse"));
    }
}
