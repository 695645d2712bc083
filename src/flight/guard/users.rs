//! The file of users: a name and the argon2id hash of a password a line.
//!
//! `name:$argon2id$v=19$m=19456,t=2,p=1$salt$hash`, sorted by name; empty lines and lines that begin with `#` are
//! skipped. A password itself is never stored, and cannot be computed from its line.

use std::collections::BTreeMap;
use std::fs::File;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use argon2::Argon2;
use argon2::PasswordHash;
use argon2::PasswordHasher;
use argon2::password_hash::SaltString;

use super::random;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;

/// The longest name in characters.
const LONGEST_NAME: usize = 64;

/// Passwords have from so many to so many bytes. Longer ones only cost the server work.
const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 8..=1_024;

/// The name of whoever has not signed in; nobody else may have it, as the audit log would not tell them apart.
const TAKEN: &str = "anonymous";

/// The users that may sign in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Users {
    hashes: BTreeMap<String, String>,
}

impl Users {
    /// Reads the text of a file of users, which messages call `place`.
    ///
    /// # Errors
    /// A line is no user; the message says which line, and never what it holds.
    pub fn parse(text: &str, place: &str) -> Result<Self> {
        let mut hashes = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what: &str| {
                Error::new(Kind::Config, format!("{place}, line {}: {what}", index + 1))
                    .hinted("`trailql user add NAME --users FILE` writes such lines")
            };
            let (name, hash) = line.split_once(':').ok_or_else(|| wrong("no colon after a name"))?;
            check_name(name).map_err(|error| wrong(&error.to_string()))?;
            let parsed =
                PasswordHash::new(hash).map_err(|_| wrong("no hash of a password after the name"))?;
            if parsed.algorithm != argon2::ARGON2ID_IDENT || parsed.hash.is_none() {
                return Err(wrong("the hash is not argon2id"));
            }
            if hashes.insert(name.to_owned(), hash.to_owned()).is_some() {
                return Err(wrong(&format!("{name} is there twice")));
            }
        }
        Ok(Self { hashes })
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    /// The file cannot be read, others may write it, or a line is no user.
    pub fn read(path: &Path) -> Result<Self> {
        let mut file = File::open(path).map_err(|error| unreadable(path, error))?;
        let mode = file.metadata().map_err(|error| unreadable(path, error))?.permissions().mode();
        if mode & 0o022 != 0 {
            return Err(Error::new(
                Kind::Config,
                format!("{} can be written by other users of this machine", path.display()),
            )
            .hinted(format!("chmod 600 {}", path.display())));
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| unreadable(path, error))?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads the file at `path`, lets `change` change the users, and puts a new file in its place at once, which
    /// only its owner can read. Two changes at the same time wait for one another.
    ///
    /// # Errors
    /// The file cannot be read or written, or `change` fails; then nothing has changed.
    pub fn change(path: &Path, change: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let locked = lock(path)?;
        let mut users = Self::read(path)?;
        change(&mut users)?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.new", uuid::Uuid::new_v4().simple()));
        let fresh = path.with_file_name(name);
        let written = write_private(&fresh, &users.to_string())
            .and_then(|()| std::fs::rename(&fresh, path))
            .map_err(|error| Error::storage(format!("cannot write {}", path.display())).caused_by(error));
        if written.is_err() {
            // It may not even be there; the error that counts is the one before.
            let _ = std::fs::remove_file(&fresh);
        }
        drop(locked);
        written
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.hashes.keys().map(String::as_str)
    }

    /// The hash of the user's password.
    pub(super) fn hash(&self, name: &str) -> Option<&str> {
        self.hashes.get(name).map(String::as_str)
    }

    /// Some hash, which shows what a check costs.
    pub(super) fn any_hash(&self) -> Option<&str> {
        self.hashes.values().next().map(String::as_str)
    }

    /// Tells whether there is this user.
    pub fn has(&self, name: &str) -> bool {
        self.hashes.contains_key(name)
    }

    /// Adds a user or gives them another password.
    ///
    /// # Errors
    /// The name or the password will not do.
    pub fn set(&mut self, name: &str, password: &str) -> Result<()> {
        check_name(name)?;
        self.hashes.insert(name.to_owned(), hash(password)?);
        Ok(())
    }

    /// Removes a user; tells whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        self.hashes.remove(name).is_some()
    }
}

/// Writes the file's text.
impl std::fmt::Display for Users {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.hashes.iter().try_for_each(|(name, hash)| writeln!(formatter, "{name}:{hash}"))
    }
}

/// Holds that a name can stand in the file, in an `authorization` header and in the audit log.
///
/// # Errors
/// It cannot; the message says why.
pub fn check_name(name: &str) -> Result<()> {
    let fits = |letter: char| letter.is_alphanumeric() || "@._+-".contains(letter);
    if name.is_empty() || name.chars().count() > LONGEST_NAME || !name.chars().all(fits) {
        return Err(Error::user("this is no name of a user")
            .hinted(format!("a name has up to {LONGEST_NAME} letters, digits, and @ . _ + -")));
    }
    if name == TAKEN {
        return Err(Error::user(format!("the name {TAKEN} is taken by those who have not signed in")));
    }
    Ok(())
}

/// The argon2id hash of a password, with a random salt.
pub(super) fn hash(password: &str) -> Result<String> {
    if !PASSWORD_BYTES.contains(&password.len()) {
        return Err(Error::user(format!(
            "a password has from {} to {} bytes, this one has {}",
            PASSWORD_BYTES.start(),
            PASSWORD_BYTES.end(),
            password.len()
        )));
    }
    let salt: [u8; 16] = random()?;
    let failed = |error: argon2::password_hash::Error| {
        Error::internal("cannot hash a password").caused_by(error.to_string())
    };
    let salt = SaltString::encode_b64(&salt).map_err(failed)?;
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt).map_err(failed)?.to_string())
}

/// Locks the file at `path`, which is made if there is none. A file that was replaced while we waited for its lock
/// is locked anew.
fn lock(path: &Path) -> Result<File> {
    let failed =
        |error: std::io::Error| Error::storage(format!("cannot write {}", path.display())).caused_by(error);
    loop {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        file.lock().map_err(failed)?;
        let ours = file.metadata().map_err(failed)?.ino();
        match std::fs::metadata(path) {
            Ok(there) if there.ino() == ours => return Ok(file),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    let missing = error.kind() == ErrorKind::NotFound;
    let failed =
        Error::new(Kind::Config, format!("cannot read the users in {}", path.display())).caused_by(error);
    if missing { failed.hinted("`trailql user add NAME --users FILE` makes the file") } else { failed }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str =
        "ann:$argon2id$v=19$m=16,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn the_file_is_read_as_it_is_written() {
        let users = Users::parse(&format!("# people\n\n{LINE}\n"), "users").unwrap();
        assert_eq!(users.names().collect::<Vec<_>>(), ["ann"]);
        assert_eq!(users.to_string(), format!("{LINE}\n"));
        assert_eq!(Users::parse(&users.to_string(), "users").unwrap(), users);
    }

    #[test]
    fn what_is_no_user_is_told_with_its_line_and_without_its_text() {
        for wrong in ["ann", "ann:secret123", "a b:x", ":x", &LINE.replace("argon2id", "argon2i")] {
            let error = Users::parse(&format!("# one\n{wrong}"), "users").unwrap_err().to_string();
            assert!(error.starts_with("users, line 2: "), "{error}");
            assert!(!error.contains("secret123"), "{error}");
        }
        assert!(Users::parse(&format!("{LINE}\n{LINE}"), "users").is_err());
    }

    #[test]
    fn names_fit_into_a_header_and_the_file() {
        for right in ["ann", "ann@example.com", "svc-bi_2", "Zoë"] {
            check_name(right).unwrap();
        }
        for wrong in ["", "a:b", "a b", "anonymous", "#x", "a\nb", &"x".repeat(65)] {
            check_name(wrong).unwrap_err();
        }
    }

    #[test]
    fn a_change_leaves_a_private_file_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users");
        Users::change(&path, |users| users.set("ann", "correct horse")).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let before = std::fs::read_to_string(&path).unwrap();
        assert!(!before.contains("correct horse"));
        Users::change(&path, |users| users.set("bob", "short")).unwrap_err();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_others_can_write_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users");
        std::fs::write(&path, LINE).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        let error = Users::read(&path).unwrap_err();
        assert!(error.hint().unwrap().starts_with("chmod 600"), "{error}");
    }

    #[test]
    fn changes_at_once_do_not_lose_one_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users");
        std::thread::scope(|scope| {
            for number in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    let add = |users: &mut Users| {
                        users.hashes.insert(format!("user{number}"), LINE[4..].to_owned());
                        Ok(())
                    };
                    Users::change(path, add).unwrap();
                });
            }
        });
        assert_eq!(Users::read(&path).unwrap().names().count(), 8);
    }
}
