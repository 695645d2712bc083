//! Places in S3: one client a bucket, with retries, time limits and a pool of connections.

use std::sync::Arc;
use std::sync::PoisonError;
use std::time::Duration;

use object_store::BackoffConfig;
use object_store::ClientOptions;
use object_store::HeaderValue;
use object_store::ObjectStore;
use object_store::RetryConfig;
use object_store::aws::AmazonS3Builder;
use object_store::aws::AmazonS3ConfigKey;
use object_store::client::HttpClient;
use object_store::client::HttpConnector;
use object_store::client::ReqwestConnector;
use url::Url;

use crate::error::Error;
use crate::error::Result;
use crate::storage::Location;
use crate::storage::account;
use crate::storage::account::Account;
use crate::storage::endpoint::Endpoint;
use crate::storage::keys;
use crate::storage::wire::Bucket;
use crate::storage::wire::Wire;

/// The scheme of its URLs.
pub(super) const SCHEME: &str = "s3";

/// A request is given up and repeated after this long, its body included. What was received of an object is kept:
/// the next request asks for the rest.
const REQUEST_PATIENCE: Duration = Duration::from_mins(1);
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// S3 closes idle connections soon; one that is taken just then costs a retry.
const IDLE_CONNECTION: Duration = Duration::from_secs(15);
const RETRIES: usize = 10;
/// A random part of three times the pause before, at least the first and at most the longest: ten of them span half
/// a minute or so, which is what a bucket takes that says it is asked too much.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
const PAUSE_GROWTH: f64 = 3.0;
/// No retry begins later than this after the first try. It is below what credentials are still valid for.
const RETRY_PATIENCE: Duration = Duration::from_mins(3);

/// Variables of object_store that say how files in the lake are encrypted and checked; for all else there are the
/// defaults of the bucket.
const WRITE_SETTINGS: &[&str] = &[
    "AWS_SERVER_SIDE_ENCRYPTION",
    "AWS_SSE_KMS_KEY_ID",
    "AWS_SSE_BUCKET_KEY_ENABLED",
    "AWS_SSE_CUSTOMER_KEY_BASE64",
    "AWS_CHECKSUM_ALGORITHM",
];

/// Opens what follows `s3://`: a bucket, and a key or prefix as it is, without escapes.
pub(super) async fn open(rest: &str) -> Result<Location> {
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    check_bucket(bucket)?;
    let account = Account::of_process().await;
    let held = account.stores.lock().unwrap_or_else(PoisonError::into_inner).get(bucket).cloned();
    let store = match held {
        Some(store) => store,
        None => {
            let new = connect(bucket, &account).await?;
            let mut stores = account.stores.lock().unwrap_or_else(PoisonError::into_inner);
            // Another task may have been faster.
            Arc::clone(stores.entry(bucket.to_owned()).or_insert(new))
        }
    };
    location(bucket, key, store)
}

fn location(bucket: &str, key: &str, store: Arc<dyn ObjectStore>) -> Result<Location> {
    let path = keys::path(key.strip_suffix('/').unwrap_or(key));
    let wrong = || Error::user(format!("{SCHEME}://{bucket}/{key} is no place in S3"));
    let mut url = Url::parse(&format!("{SCHEME}://{bucket}/")).map_err(|error| wrong().caused_by(error))?;
    url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().extend(path.as_ref().split('/'));
    Ok(Location { url, store, path })
}

/// Holds that a name is one of a bucket, before it becomes the name of a host.
fn check_bucket(bucket: &str) -> Result<()> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let hint = if bucket.is_empty() {
        "write s3://bucket/prefix"
    } else if bucket.starts_with("arn:") {
        "of an access point, give its alias, which ends in -s3alias"
    } else if bucket.ends_with("--x-s3") {
        "directory buckets (S3 Express One Zone) are not supported"
    } else if !bucket.chars().all(is_plain) {
        "the name of a bucket has lower-case letters, digits, dots and hyphens; quote a pattern that begins after it"
    } else {
        return Ok(());
    };
    Err(Error::user(format!("{SCHEME}://{bucket}: {bucket:?} is no name of a bucket")).hinted(hint))
}

async fn connect(bucket: &str, account: &Arc<Account>) -> Result<Arc<dyn ObjectStore>> {
    let failed = |error: object_store::Error| {
        Error::internal(format!("cannot make a client for {SCHEME}://{bucket}")).caused_by(error)
    };
    // Nothing goes out without TLS unless the endpoint itself says so.
    let is_plain = account.endpoint().is_some_and(|endpoint| endpoint.starts_with("http://"));
    let options = ClientOptions::new()
        .with_user_agent(HeaderValue::from_static(concat!("trailql/", env!("CARGO_PKG_VERSION"))))
        .with_allow_http(is_plain)
        .with_timeout(REQUEST_PATIENCE)
        .with_connect_timeout(CONNECT_PATIENCE)
        .with_pool_idle_timeout(IDLE_CONNECTION);
    let client = ReqwestConnector::default().connect(&options).map_err(failed)?;
    let endpoint = Endpoint::find(bucket, account, &client).await?;
    tracing::debug!(bucket, ?endpoint, "a bucket is asked");

    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(&endpoint.region)
        // So it is called where the endpoint has the name of the bucket in it, in whatever place.
        .with_endpoint(&endpoint.bucket_url)
        .with_virtual_hosted_style_request(true)
        .with_request_payer(account.pays())
        .with_retry(RetryConfig {
            backoff: BackoffConfig {
                init_backoff: FIRST_PAUSE,
                max_backoff: LONGEST_PAUSE,
                base: PAUSE_GROWTH,
            },
            max_retries: RETRIES,
            retry_timeout: RETRY_PATIENCE,
        })
        .with_client_options(options);
    builder = match account.credentials() {
        Some(credentials) => builder.with_credentials(Arc::clone(credentials) as _),
        None => builder.with_skip_signature(true),
    };
    for name in WRITE_SETTINGS {
        if let (Some(value), Ok(key)) =
            (account::variable(name), name.to_lowercase().parse::<AmazonS3ConfigKey>())
        {
            builder = builder.with_config(key, value);
        }
    }
    let bucket = Bucket { name: bucket.to_owned(), endpoint, account: Arc::clone(account) };
    let wire = Connected(HttpClient::new(Wire::new(client, bucket)));
    let store = builder.with_http_connector(wire).build();
    // What can be wrong here are the settings above; the rest is ours.
    let store = store.map_err(|error| {
        account::wrong(&format!("one of {}", WRITE_SETTINGS.join(", ")), "has a wrong value").caused_by(error)
    })?;
    Ok(Arc::new(store))
}

/// Hands out the client that is connected already.
#[derive(Debug)]
struct Connected(HttpClient);

impl HttpConnector for Connected {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use object_store::memory::InMemory;

    #[test]
    fn urls_are_keys_without_escapes() {
        for key in ["AWSLogs/1/x.gz", "100%/a b#c?d", "a%2Fb", "logs//AWSLogs", "/x", "ä/日本", "a/../b"] {
            let location = location("bucket", key, Arc::new(InMemory::new())).unwrap();
            assert_eq!(location.to_string(), format!("s3://bucket/{key}"));
            assert_eq!(location.url_of(&location.path), format!("s3://bucket/{key}"));
            // Libraries take the path from the URL.
            let path = object_store::path::Path::from_url_path(location.url.path()).unwrap();
            assert_eq!(path, location.path);
        }
    }

    #[test]
    fn one_slash_at_the_end_means_nothing() {
        let place = |key| location("bucket", key, Arc::new(InMemory::new())).unwrap();
        assert_eq!(place("a/b/").path, place("a/b").path);
        assert_ne!(place("a/b//").path, place("a/b").path);
        assert_eq!(place("").to_string(), "s3://bucket/");
        assert_eq!(place("").url.as_str(), "s3://bucket/");
    }

    #[test]
    fn names_of_buckets_are_checked() {
        for good in ["logs", "my.logs", "Old_Name", "x-s3alias"] {
            check_bucket(good).unwrap();
        }
        for wrong in
            ["", "arn:aws:s3:eu-central-1:1:accesspoint", "a b", "user@host", "x--eun1-az1--x-s3", "log*"]
        {
            check_bucket(wrong).unwrap_err();
        }
    }
}
