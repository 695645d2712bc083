//! Places in the local file system.

use std::path::Path as FilePath;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path;
use url::Url;

use crate::error::Error;
use crate::error::Result;
use crate::storage::Location;

/// Opens a local path or a `file://` URL, and nothing else.
///
/// # Errors
/// The text is no local path, or the current folder cannot be found.
pub fn local(place: &str) -> Result<Location> {
    if let Some((scheme, _)) = place.split_once("://") {
        let url = Url::parse(place)
            .map_err(|error| Error::user(format!("{place} is not a URL")).caused_by(error))?;
        if scheme != "file" {
            return Err(Error::user(format!("{place}: the scheme {scheme}:// is not supported"))
                .hinted("give a local path, file:///folder or s3://bucket/prefix"));
        }
        let path = url.to_file_path().map_err(|()| {
            Error::user(format!("{place} is not a local path")).hinted("write file:///folder")
        })?;
        return at(&path);
    }
    at(FilePath::new(place))
}

fn at(path: &FilePath) -> Result<Location> {
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
