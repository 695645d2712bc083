//! Each request to S3 on its way out, and each answer on its way in.
//!
//! The client of object_store signs, repeats and understands. Here is what it leaves to be done:
//!
//! - keys that its paths cannot hold ([`keys`]) go out as they are, and come in so that it can hold them;
//! - a listing whose answer broke off is asked for again;
//! - a put of what must not exist is repeated, too. It may then find its own first try, so whoever makes one has to
//!   look whose it is; the lake does ([`crate::lake`]);
//! - what S3 refuses becomes an error that says what to do ([`refusal`]), where request and answer are at hand.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::aws::AwsAuthorizer;
use object_store::client::HttpClient;
use object_store::client::HttpError;
use object_store::client::HttpErrorKind;
use object_store::client::HttpRequest;
use object_store::client::HttpResponse;
use object_store::client::HttpResponseBody;
use object_store::client::HttpService;
use url::Url;
use url::form_urlencoded;

use crate::error::Error;
use crate::storage::account::Account;
use crate::storage::endpoint::Endpoint;
use crate::storage::keys;
use crate::storage::percent_decode;
use crate::storage::refusal;
use crate::storage::refusal::Answer;

/// One bucket and who asks it.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) name: String,
    pub(super) endpoint: Endpoint,
    pub(super) account: Arc<Account>,
}

/// What a request is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) method: String,
    /// The key, or the prefix of a listing.
    pub(super) key: String,
    pub(super) is_listing: bool,
    /// About an upload in parts.
    pub(super) is_upload: bool,
    /// Whether it is to make what must not exist.
    pub(super) creates: bool,
}

/// The way to one bucket.
#[derive(Debug)]
pub(super) struct Wire {
    client: HttpClient,
    bucket: Bucket,
    /// The path below which the keys are in URLs, without a slash at its end.
    base: String,
    /// How often nobody was there; [`REACHED`] once somebody was.
    unreached: AtomicUsize,
}

/// Whoever was reached once is tried long. But an address where nobody ever answered is likely wrong, and the user
/// waits for the error.
const FIRST_TRIES: usize = 4;
const REACHED: usize = usize::MAX;

#[async_trait]
impl HttpService for Wire {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let call = self.call_of(&request);
        if call.key.is_empty() && !call.is_listing && matches!(call.method.as_str(), "GET" | "HEAD") {
            // This asks about the bucket, and would pass for an object without a name.
            return with_status(HttpResponse::new(Bytes::new().into()), 404);
        }
        if let Some(url) = self.restored(&request, &call)? {
            *request.uri_mut() =
                url.parse().map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
            self.sign(&mut request).await?;
        }
        match self.client.execute(request).await {
            Ok(response) => {
                self.unreached.store(REACHED, Ordering::Relaxed);
                self.receive(&call, response).await
            }
            Err(error) if error.kind() == HttpErrorKind::Connect && self.is_hopeless() => {
                Err(HttpError::new(HttpErrorKind::Unknown, error))
            }
            Err(error) if call.creates => Err(repeatable(error)),
            Err(error) => Err(error),
        }
    }
}

impl Wire {
    pub(super) fn new(client: HttpClient, bucket: Bucket) -> Self {
        let url = Url::parse(&bucket.endpoint.bucket_url).ok();
        let base = url.map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default();
        Self { client, bucket, base, unreached: AtomicUsize::new(0) }
    }

    /// Counts one more time that nobody was there; tells whether it is to be left at that.
    fn is_hopeless(&self) -> bool {
        let count = |times: usize| (times != REACHED).then(|| times + 1);
        let before = self.unreached.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count);
        before.is_ok_and(|before| before + 1 >= FIRST_TRIES)
    }

    fn call_of(&self, request: &HttpRequest) -> Call {
        let uri = request.uri();
        let path = uri.path().strip_prefix(&self.base).unwrap_or_else(|| uri.path());
        let path = path.strip_prefix('/').unwrap_or(path);
        let key = percent_decode(path).unwrap_or_else(|| path.to_owned());
        let mut call = Call { method: request.method().to_string(), key, ..Call::default() };
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "list-type" => call.is_listing = true,
                "prefix" => call.key = value.into_owned(),
                "uploads" | "uploadId" => call.is_upload = true,
                _ => {}
            }
        }
        call.key = keys::unescape(&call.key);
        call.creates = call.method == "PUT" && request.headers().contains_key("if-none-match");
        call
    }

    /// The URL of a request without the escapes in its keys; none if there are none.
    fn restored(&self, request: &HttpRequest, call: &Call) -> Result<Option<String>, HttpError> {
        let uri = request.uri();
        let query = uri.query().unwrap_or_default();
        if !uri.path().contains(keys::MARK_IN_URL) && !query.contains(keys::MARK_IN_URL) {
            return Ok(None);
        }
        let mut path = self.base.clone();
        if !call.is_listing {
            if call.key.split('/').any(|segment| matches!(segment, "." | "..")) {
                let place = format!("s3://{}/{}", self.bucket.name, call.key);
                return Err(refused(
                    Error::storage(format!("{place} cannot be asked for: its key has a part . or .."))
                        .hinted(
                            "clients of HTTP take such a part for a folder; copy the object to another key",
                        ),
                ));
            }
            path.push('/');
            path.push_str(&encode(&call.key));
        }
        let mut restored = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            restored.append_pair(&name, &keys::unescape(&value));
        }
        let restored = restored.finish();
        if !restored.is_empty() {
            path.push('?');
            path.push_str(&restored);
        }
        let mut url = format!("{}://", uri.scheme_str().unwrap_or("https"));
        url.push_str(uri.authority().map_or("", |authority| authority.as_str()));
        url.push_str(&path);
        Ok(Some(url))
    }

    /// Signs a request anew that was signed before.
    async fn sign(&self, request: &mut HttpRequest) -> Result<(), HttpError> {
        let Some(credentials) = self.bucket.account.credentials() else { return Ok(()) };
        let credential = credentials.get().await.map_err(refused)?;
        request.headers_mut().remove("authorization");
        let digest = request.headers().get("x-amz-content-sha256").and_then(|digest| digest.to_str().ok());
        let digest = digest.and_then(from_hex);
        AwsAuthorizer::new(&credential, "s3", &self.bucket.endpoint.region)
            .with_request_payer(self.bucket.account.pays())
            .authorize(request, digest.as_deref());
        Ok(())
    }

    async fn receive(&self, call: &Call, response: HttpResponse) -> Result<HttpResponse, HttpError> {
        let status = response.status().as_u16();
        match status {
            // Objects stream by; what follows a break is asked for by the client.
            200..=299 if call.method == "GET" && !call.is_listing => Ok(response),
            200..=299 => {
                let (mut parts, body) = response.into_parts();
                let bytes = body.bytes().await.map_err(broken_off)?;
                let escaped = std::str::from_utf8(&bytes)
                    .ok()
                    .filter(|_| call.is_listing)
                    .and_then(keys::escape_listing);
                let body: HttpResponseBody = match escaped {
                    Some(text) => {
                        parts.headers.remove("content-length");
                        text.into()
                    }
                    None => bytes.into(),
                };
                Ok(HttpResponse::from_parts(parts, body))
            }
            // Two puts met. S3 says that neither is decided, so it is to be tried again.
            409 if call.creates => with_status(response, 503),
            301 | 307 | 308 | 400 | 401 | 403 | 404 | 405 => self.refuse(call, response).await,
            _ => Ok(response),
        }
    }

    /// Makes an error of what will not be different next time.
    async fn refuse(&self, call: &Call, response: HttpResponse) -> Result<HttpResponse, HttpError> {
        let (parts, body) = response.into_parts();
        let bytes = body.bytes().await.map_err(broken_off)?;
        let text = String::from_utf8_lossy(&bytes);
        let region = parts.headers.get("x-amz-bucket-region").and_then(|region| region.to_str().ok());
        let answer = Answer::new(parts.status.as_u16(), region, &text);
        if answer.is_passing() {
            return with_status(HttpResponse::from_parts(parts, bytes.into()), 503);
        }
        // An object that is not there is no refusal.
        if parts.status.as_u16() == 404 && !answer.is_missing_bucket() {
            return Ok(HttpResponse::from_parts(parts, bytes.into()));
        }
        Err(refused(refusal::explain(&self.bucket, call, &answer).await))
    }
}

fn with_status(mut response: HttpResponse, status: u16) -> Result<HttpResponse, HttpError> {
    *response.status_mut() =
        status.try_into().map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
    Ok(response)
}

/// An error of ours on its way through the client, which does not repeat it.
fn refused(error: Error) -> HttpError {
    HttpError::new(HttpErrorKind::Unknown, error)
}

/// The answer broke off; a request without effect is repeated then.
fn broken_off(error: HttpError) -> HttpError {
    HttpError::new(HttpErrorKind::Interrupted, error)
}

/// An error after which the client repeats even a put of what must not exist.
fn repeatable(error: HttpError) -> HttpError {
    match error.kind() {
        HttpErrorKind::Timeout | HttpErrorKind::Interrupted => HttpError::new(HttpErrorKind::Request, error),
        _ => error,
    }
}

/// Writes a key as S3 wants it in a URL: all but letters, digits, `-._~` and slashes escaped.
fn encode(key: &str) -> String {
    let mut encoded = String::with_capacity(key.len());
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests;
