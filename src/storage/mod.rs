//! URL -> object store. The only module that knows credentials and the local file system.
//!
//! ```text
//! open("s3://bucket/prefix")
//!    account.rs      the AWS settings of this process: profile, region, endpoint, and who asks
//!    credentials.rs  the credentials of the standard chain, renewed before they expire
//!    endpoint.rs     the address and region of one bucket
//!    s3.rs           one client a bucket: retries, time limits, pool
//!    wire.rs         each request on its way out, each answer on its way in
//!    keys.rs         keys that a path of an object store cannot hold
//!    refusal.rs      what S3 refused -> what happened, whose permission is missing, what to do next
//! local.rs           paths and file:// URLs
//! ```

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use aws_types::SdkConfig;
use object_store::ObjectStore;
use object_store::client::HttpError;
use object_store::client::HttpErrorKind;
use object_store::path::Path;
use url::Url;

use crate::error::Error;
use crate::error::Result;
use crate::storage::account::Account;

mod account;
mod credentials;
mod endpoint;
mod keys;
mod local;
mod refusal;
mod s3;
mod wire;

pub use local::local;

/// A place in an object store: a folder, a prefix or a single object.
#[derive(Clone, Debug)]
pub struct Location {
    /// The whole URL, with escapes. What people read is what [`Location`] displays.
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

    /// The URL of an object of the same store, as people write it and [`open`] reads it: without escapes.
    ///
    /// For S3 it is `s3://`, the bucket, a slash and the key, whatever characters are in it.
    pub fn url_of(&self, path: &Path) -> String {
        if self.url.scheme() == s3::SCHEME {
            let bucket = self.url.host_str().unwrap_or_default();
            return format!("{}://{bucket}/{}", s3::SCHEME, keys::key(path));
        }
        let mut url = self.url.clone();
        url.set_path(path.as_ref());
        decoded(&url)
    }
}

impl Location {
    /// The path of the object of that URL, as [`Location::url_of`] writes it; none if it lies in another store.
    pub fn path_of(&self, url: &str) -> Option<Path> {
        let path = if self.url.scheme() == s3::SCHEME {
            let bucket = format!("{}://{}/", s3::SCHEME, self.url.host_str().unwrap_or_default());
            keys::path(url.strip_prefix(&bucket)?)
        } else {
            let (_, rest) = url.split_once("://")?;
            Path::parse(rest.trim_start_matches('/')).ok()?
        };
        (self.url_of(&path) == url).then_some(path)
    }

    /// Tells whether the store lists keys in their order, a page at a time, so that a listing may begin anywhere.
    pub fn lists_in_order(&self) -> bool {
        self.url.scheme() != "file"
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.url.scheme() == s3::SCHEME {
            return formatter.write_str(&self.url_of(&self.path));
        }
        formatter.write_str(&decoded(&self.url))
    }
}

/// Opens what the user named: a path, `file:///folder`, or `s3://bucket/prefix`.
///
/// What follows the bucket is the key as it is, without escapes, as the AWS command line has it. All places in one
/// bucket share one client, and all buckets the AWS settings that the process had when it opened the first.
///
/// # Errors
/// The text is no URL of a known scheme, the current folder cannot be found, or the AWS settings are wrong.
pub async fn open(place: &str) -> Result<Location> {
    match place.split_once("://") {
        Some((s3::SCHEME, rest)) => s3::open(rest).await,
        _ => local(place),
    }
}

/// The AWS settings of this process, for services other than S3: credentials, region, endpoint.
pub async fn aws_settings() -> SdkConfig {
    Account::of_process().await.config().clone()
}

/// What an error of a store means, after what was being done; `doing` is such as `cannot list s3://bucket`.
///
/// What S3 refused comes with the permission that is missing, who asked for it, and what to do next.
pub fn failed(doing: impl Into<String>, error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    let (doing, error) = (doing.into(), error.into());
    if let Some(refusal) = Error::within(error.as_ref()) {
        return refusal.during(&doing);
    }
    let unreachable = causes(error.as_ref()).any(|cause| {
        cause.downcast_ref::<HttpError>().is_some_and(|error| error.kind() == HttpErrorKind::Connect)
    });
    let failed = Error::storage(doing).caused_by(error);
    if unreachable {
        return failed.hinted(
            "is the network up, and are the region and the endpoint right? (AWS_REGION, AWS_ENDPOINT_URL, HTTPS_PROXY)",
        );
    }
    failed
}

/// The reason of a store's error in one line, for a list of objects that failed.
pub fn reason(error: &object_store::Error) -> String {
    match Error::within(error) {
        Some(refusal) => refusal.to_string(),
        None => error.to_string(),
    }
}

/// An error and what caused it.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// A URL as people write it: with its escapes decoded where that is text.
fn decoded(url: &Url) -> String {
    percent_decode(url.as_str()).unwrap_or_else(|| url.to_string())
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
