//! URL -> object store. The only module that knows credentials and the local file system.

use std::path::Path as FilePath;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use url::Url;

use crate::error::Error;
use crate::error::Result;

/// A place in an object store: a folder, a prefix or a single object.
#[derive(Clone, Debug)]
pub struct Location {
    /// The whole URL, as it is shown and stored.
    pub url: Url,
    /// The store that holds it; its paths are those of the URL.
    pub store: Arc<dyn ObjectStore>,
    /// The path of the place within the store.
    pub path: Path,
}

impl Location {
    /// Makes a location in a store that the caller brings, such as one in memory.
    ///
    /// # Errors
    /// The URL's path is no path of an object store.
    pub fn in_store(url: Url, store: Arc<dyn ObjectStore>) -> Result<Self> {
        let path = Path::from_url_path(url.path())
            .map_err(|error| Error::user(format!("{url} is no place in a store")).caused_by(error))?;
        Ok(Self { url, store, path })
    }

    /// The path of something below the place, from a relative path with slashes.
    pub fn below(&self, relative: &str) -> Path {
        let mut path = self.path.clone();
        for part in relative.split('/').filter(|part| !part.is_empty()) {
            path = path.join(part);
        }
        path
    }

    /// Tells whether the store lists keys in their order, a page at a time, so that a listing may begin anywhere.
    pub fn lists_in_order(&self) -> bool {
        self.url.scheme() != "file"
    }

    /// The URL of an object of the same store.
    pub fn url_of(&self, path: &Path) -> String {
        let mut url = self.url.clone();
        url.set_path(path.as_ref());
        decoded(&url)
    }
}

/// Opens what the user named: a path, `file://...`, or later `s3://bucket/prefix`.
///
/// # Errors
/// The text is no URL of a known scheme, or the current folder cannot be found.
pub fn open(place: &str) -> Result<Location> {
    if let Some((scheme, _)) = place.split_once("://") {
        let url = Url::parse(place)
            .map_err(|error| Error::user(format!("{place} is not a URL")).caused_by(error))?;
        if scheme != "file" {
            return Err(Error::user(format!("{place}: the scheme {scheme}:// is not supported"))
                .hinted("give a local path or file:///folder"));
        }
        let path = url.to_file_path().map_err(|()| {
            Error::user(format!("{place} is not a local path")).hinted("write file:///folder")
        })?;
        return local(&path);
    }
    local(FilePath::new(place))
}

fn local(path: &FilePath) -> Result<Location> {
    let absolute = absolute(path)?;
    let url = Url::from_file_path(&absolute)
        .map_err(|()| Error::user(format!("{} is not a usable path", path.display())))?;
    let store = LocalFileSystem::new();
    let path = Path::from_absolute_path(&absolute)
        .map_err(|error| Error::user(format!("{} is not a usable path", path.display())).caused_by(error))?;
    Ok(Location { url, store: Arc::new(store), path })
}

/// Makes a path absolute and resolves `.` and `..`; what exists is resolved through its links.
fn absolute(path: &FilePath) -> Result<PathBuf> {
    if let Ok(real) = path.canonicalize() {
        return Ok(real);
    }
    let absolute = std::path::absolute(path)
        .map_err(|error| Error::storage(format!("cannot resolve {}", path.display())).caused_by(error))?;
    // The last parts may not exist yet: resolve the longest part that does.
    for ancestor in absolute.ancestors().skip(1) {
        if let (Ok(real), Ok(rest)) = (ancestor.canonicalize(), absolute.strip_prefix(ancestor)) {
            return Ok(real.join(rest));
        }
    }
    Ok(absolute)
}

/// A URL as people write it: with its escapes decoded where that is text.
fn decoded(url: &Url) -> String {
    let decoded = percent_decode(url.as_str());
    decoded.unwrap_or_else(|| url.to_string())
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = rest.get(2..)?;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
