//! The file that says what `ingest --follow` follows. It holds no secrets.

use std::io::ErrorKind;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;

/// What is followed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Followed {
    /// Bucket prefixes.
    #[serde(default)]
    pub(super) sources: Vec<String>,
    /// The URL of a queue that tells of new objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) queue: Option<String>,
    /// The region of the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<String>,
}

/// The table of the file.
const TABLE: &str = "ingest";

/// The file that was named, else the one in the folder for settings.
pub(super) fn path(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = variable("XDG_CONFIG_HOME").or_else(|| Some(variable("HOME")?.join(".config")));
    let folder = folder.ok_or_else(|| {
        Error::new(Kind::Config, "neither XDG_CONFIG_HOME nor HOME says where settings are")
            .hinted("name a file with --config")
    })?;
    Ok(folder.join("trailql/config.toml"))
}

/// What the file says is followed; none if it says nothing, or is not there.
pub(super) fn read(path: &Path) -> Result<Option<Followed>> {
    let Some(table) = table(path)? else { return Ok(None) };
    let Some(followed) = table.get(TABLE) else { return Ok(None) };
    let followed = followed.clone().try_into();
    followed.map(Some).map_err(|error| unreadable(path).caused_by(error))
}

/// What the file says is followed, for who wants to follow.
pub(super) fn to_follow(named: Option<&Path>) -> Result<Followed> {
    let path = path(named)?;
    read(&path)?.filter(|followed| !followed.sources.is_empty() || followed.queue.is_some()).ok_or_else(
        || {
            Error::user(format!(
                "there is nothing to follow: no source is named, and {} names none",
                path.display()
            ))
            .hinted("name a source or a --queue, or let `trailql setup` write the file")
        },
    )
}

/// Writes what is followed; whatever else the file says stays.
pub(super) fn write(path: &Path, followed: Option<&Followed>) -> Result<()> {
    let mut table = table(path)?.unwrap_or_default();
    match followed {
        None => {
            table.remove(TABLE);
        }
        Some(followed) => {
            let followed = toml::Value::try_from(followed);
            let followed = followed.map_err(|error| unwritable(path).caused_by(error))?;
            table.insert(TABLE.to_owned(), followed);
        }
    }
    if table.is_empty() {
        return std::fs::remove_file(path).map_err(|error| unwritable(path).caused_by(error));
    }
    let text = toml::to_string(&table).map_err(|error| unwritable(path).caused_by(error))?;
    let text = format!(
        "# What `trailql ingest --follow` follows, written by `trailql setup`. It holds no secrets.\n{text}"
    );
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or(Ok(()), std::fs::create_dir_all).map_err(|error| unwritable(path).caused_by(error))?;
    std::fs::write(path, text).map_err(|error| unwritable(path).caused_by(error))
}

fn table(path: &Path) -> Result<Option<toml::Table>> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            text.parse().map(Some).map_err(|error: toml::de::Error| unreadable(path).caused_by(error))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path).caused_by(error)),
    }
}

fn unreadable(path: &Path) -> Error {
    Error::new(Kind::Config, format!("cannot read {}", path.display()))
}

fn unwritable(path: &Path) -> Error {
    Error::storage(format!("cannot write {}", path.display()))
}
