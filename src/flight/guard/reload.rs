//! Notices that files have changed.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;

/// What tells one version of a file from another without reading it.
type Version = Option<(u64, u64, u64, i64, i64)>;

/// Files, and how they were when they were last looked at.
#[derive(Debug)]
pub(super) struct Files {
    known: Vec<(PathBuf, Version)>,
}

impl Files {
    /// The files as they are now.
    pub(super) fn new<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Self {
        Self { known: paths.into_iter().map(|path| (path.to_owned(), version(path))).collect() }
    }

    /// Tells whether one of them has changed since it was last asked.
    pub(super) fn changed(&mut self) -> bool {
        let mut changed = false;
        for (path, known) in &mut self.known {
            let now = version(path);
            changed |= *known != now;
            *known = now;
        }
        changed
    }
}

/// Follows links, so that one that points elsewhere now is a change.
fn version(path: &Path) -> Version {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino(), metadata.len(), metadata.mtime(), metadata.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_noticed_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut files = Files::new([path.as_path()]);
        assert!(!files.changed());
        std::fs::write(&path, "one").unwrap();
        assert!(files.changed() && !files.changed());
        // As programs replace files, and as links to folders of a version are moved on.
        std::fs::write(folder.path().join("new"), "two").unwrap();
        std::fs::rename(folder.path().join("new"), &path).unwrap();
        assert!(files.changed() && !files.changed());
        std::fs::remove_file(&path).unwrap();
        assert!(files.changed() && !files.changed());
    }
}
