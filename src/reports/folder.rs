//! Reads the reports of a user's folder, on disk or wherever else a URL leads.

use std::borrow::Cow;

use futures::TryStreamExt;
use object_store::ObjectStoreExt;

use crate::error::Error;
use crate::error::Result;
use crate::reports::File;
use crate::storage;

/// The group of reports that lie in no folder of their own.
const OWN: &str = "own";

/// The files `GROUP/NAME.sql` and `NAME.sql` of a folder, in the order of their paths.
pub(super) async fn read(folder: &str) -> Result<Vec<File>> {
    let location = storage::local(folder)?;
    let unreadable = |place: &str, error: object_store::Error| {
        Error::storage(format!("cannot read the reports of {place}")).caused_by(error)
    };
    let listed = location.store.list(Some(&location.path)).try_collect::<Vec<_>>().await;
    let mut found: Vec<_> =
        listed.map_err(|error| unreadable(folder, error))?.into_iter().map(|meta| meta.location).collect();
    found.sort();
    let mut files = Vec::new();
    for path in found {
        let Some(inner) = path.prefix_match(&location.path) else { continue };
        let parts: Vec<_> = inner.map(|part| part.as_ref().to_owned()).collect();
        let (group, name) = match parts.as_slice() {
            [name] => (OWN, name),
            [group, name] => (group.as_str(), name),
            _ => continue,
        };
        let Some(name) = name.strip_suffix(".sql") else { continue };
        let place = match location.url.scheme() {
            "file" => format!("/{path}"),
            _ => location.url_of(&path),
        };
        let read = async { location.store.get(&path).await?.bytes().await };
        let bytes = read.await.map_err(|error| unreadable(&place, error))?;
        let text = String::from_utf8(bytes.into())
            .map_err(|error| Error::user(format!("{place} is not UTF-8")).caused_by(error))?;
        files.push(File { group: group.to_owned(), name: name.to_owned(), place, text: Cow::Owned(text) });
    }
    Ok(files)
}
