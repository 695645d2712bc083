//! What the user named as a source, and the objects found there.

use std::sync::Arc;

use bytes::Bytes;
use chrono::DateTime;
use chrono::NaiveDate;
use chrono::Utc;
use object_store::ObjectMeta;
use object_store::ObjectStore;
use object_store::path::Path;

use crate::error::Error;
use crate::error::Result;
use crate::ingest::Scope;
use crate::ingest::names::Told;
use crate::logs;
use crate::storage;
use crate::storage::Location;

/// A bucket prefix, folder, file or pattern that is read, or bytes that somebody brings.
#[derive(Clone, Debug)]
pub struct Source {
    /// What the user typed.
    pub name: String,
    pub(super) place: Place,
}

#[derive(Clone, Debug)]
pub(super) enum Place {
    /// Everything at and below a location; with a pattern, what matches it.
    Stored(Location, Option<glob::Pattern>),
    /// Objects that are already at hand.
    Given(Vec<Found>),
}

/// Where an object's bytes come from.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Stored(Arc<dyn ObjectStore>, Path),
    Inline(Bytes),
    /// There are none, for this reason.
    Broken(String),
}

/// One object of a source.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its URL, which is its name in `sources` and `source_file`.
    pub url: String,
    /// What the store says of its version.
    pub etag: Option<String>,
    /// Its size in bytes as it lies there.
    pub size: u64,
    /// When it was last written.
    pub last_modified: Option<DateTime<Utc>>,
    pub(super) body: Body,
}

impl Source {
    /// Opens a folder, a file, a bucket prefix, or a pattern such as `logs/**/*.json.gz`.
    ///
    /// # Errors
    /// The text is no place or no pattern.
    pub async fn open(name: &str) -> Result<Self> {
        let (base, pattern) = split_pattern(name);
        if !base.contains("://") && !std::path::Path::new(base).exists() {
            return Err(nothing_at(name));
        }
        let location = storage::open(base).await?;
        let pattern = pattern.map(|pattern| matcher(name, &location, pattern)).transpose()?;
        Ok(Self { name: name.to_owned(), place: Place::Stored(location, pattern) })
    }

    /// Everything at and below a location in a store that the caller brings.
    pub fn at(location: Location) -> Self {
        Self { name: location.to_string(), place: Place::Stored(location, None) }
    }

    /// Bytes that are no object of a store, such as standard input. Their hash is their version.
    pub fn inline(name: &str, bytes: Vec<u8>) -> Self {
        let version = logs::sha256(&bytes);
        let found = Found {
            url: format!("{name}:{version}"),
            etag: Some(version),
            size: bytes.len() as u64,
            last_modified: None,
            body: Body::Inline(bytes.into()),
        };
        Self::given(name, vec![found])
    }

    pub(super) fn given(name: &str, objects: Vec<Found>) -> Self {
        Self { name: name.to_owned(), place: Place::Given(objects) }
    }

    /// The URL under which the lake notes when the source was listed; none if that says nothing about the next time.
    ///
    /// Local folders are listed whole each time, which is cheap, since old files may come into them at any time.
    pub(super) fn listed_as(&self) -> Option<String> {
        match &self.place {
            Place::Stored(location, None) if location.url.scheme() != "file" => {
                Some(location.to_string().trim_end_matches('/').to_owned())
            }
            _ => None,
        }
    }

    /// Tells whether an object of that URL belongs to it, and gives its path in the store.
    pub(super) fn path_of(&self, url: &str) -> Option<(&Location, Path)> {
        let Place::Stored(location, pattern) = &self.place else { return None };
        let path = location.path_of(url)?;
        let inside = path.prefix_matches(&location.path);
        let matches = pattern.as_ref().is_none_or(|pattern| matches(pattern, &path));
        (inside && matches).then_some((location, path))
    }
}

impl Found {
    pub(super) fn stored(location: &Location, meta: ObjectMeta) -> Self {
        Self {
            url: location.url_of(&meta.location),
            etag: meta.e_tag,
            size: meta.size,
            last_modified: Some(meta.last_modified),
            body: Body::Stored(Arc::clone(&location.store), meta.location),
        }
    }

    /// An object that is known by the name and the version it had.
    pub(super) fn named(location: &Location, path: Path, etag: Option<String>) -> Self {
        let url = location.url_of(&path);
        let body = Body::Stored(Arc::clone(&location.store), path);
        Self { url, etag, size: 0, last_modified: None, body }
    }

    /// Something that should be an object, but cannot be read.
    pub(super) fn broken(url: &str, reason: &str) -> Self {
        let body = Body::Broken(reason.to_owned());
        Self { url: url.to_owned(), etag: None, size: 0, last_modified: None, body }
    }

    /// Where it is stored.
    pub(super) fn stored_at(&self) -> Option<(&Arc<dyn ObjectStore>, &Path)> {
        match &self.body {
            Body::Stored(store, path) => Some((store, path)),
            Body::Inline(_) | Body::Broken(_) => None,
        }
    }

    /// The same object, with what its store says of it now.
    pub(super) fn with(self, meta: ObjectMeta) -> Self {
        let last_modified = Some(meta.last_modified);
        Self { etag: meta.e_tag, size: meta.size, last_modified, ..self }
    }

    /// Tells from its name alone that none of its events are asked for.
    pub(super) fn is_outside(&self, scope: &Scope) -> bool {
        !scope.wants(&self.told())
    }

    fn told(&self) -> Told<'_> {
        Told::of(&self.url)
    }

    /// Objects are read by day, then by name.
    pub(super) fn order(&self) -> (Option<NaiveDate>, &str) {
        (self.told().delivered.map(|(from, _)| from.date_naive()), &self.url)
    }

    /// The memory reading it may take: its bytes compressed and not, and its rows.
    pub(super) fn expected_memory(&self) -> usize {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let compressed = [".gz", ".gzip", ".zst", ".zstd"].iter().any(|end| self.url.ends_with(end));
        // CloudTrail deliveries inflate some 7 to 15 times; rows take about as much as the text.
        size.saturating_mul(if compressed { 25 } else { 3 })
    }
}

/// What is said of a source without any object.
pub fn nothing_at(source: &str) -> Error {
    Error::user(format!("there are no objects at {source}")).hinted(
        "give a folder, a file, s3://bucket/prefix, a pattern in quotes such as 'logs/**/*.json.gz', \
         or - for standard input",
    )
}

/// Splits a pattern into the folder before its first wildcard and the rest.
fn split_pattern(source: &str) -> (&str, Option<&str>) {
    // A file may be called so: what exists is no pattern.
    let Some(wildcard) = source.find(['*', '?', '[']).filter(|_| !std::path::Path::new(source).exists())
    else {
        return (source, None);
    };
    match source.get(..wildcard).and_then(|before| before.rfind('/')) {
        Some(0) => ("/", source.get(1..)),
        Some(slash) => (source.get(..slash).unwrap_or(source), source.get(slash + 1..)),
        None => (".", Some(source)),
    }
}

fn matcher(source: &str, location: &Location, pattern: &str) -> Result<glob::Pattern> {
    let folder = glob::Pattern::escape(location.path.as_ref());
    let whole = if folder.is_empty() { pattern.to_owned() } else { format!("{folder}/{pattern}") };
    glob::Pattern::new(&whole)
        .map_err(|error| Error::user(format!("{source} is not a valid pattern")).caused_by(error))
}

/// Tells whether an object's path matches; `*` stays within a folder.
pub(super) fn matches(pattern: &glob::Pattern, path: &Path) -> bool {
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
    pattern.matches_with(path.as_ref(), options)
}
