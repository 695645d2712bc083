use super::*;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials as Given;
use aws_credential_types::provider::SharedCredentialsProvider;
use futures::TryStreamExt;
use object_store::BackoffConfig;
use object_store::ObjectStore;
use object_store::ObjectStoreExt;
use object_store::PutMode;
use object_store::RetryConfig;
use object_store::aws::AmazonS3Builder;
use object_store::client::HttpConnector;
use object_store::path::Path;

/// What a server does next.
enum Next {
    Answer(u16, &'static str),
    Fail(HttpErrorKind),
}

/// A server that does as a list says, and notes what it was asked.
#[derive(Clone, Default)]
struct Script {
    next: Arc<Mutex<VecDeque<Next>>>,
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Script")
    }
}

#[async_trait]
impl HttpService for Script {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let header = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
        let line = format!("{} {}", request.method(), request.uri());
        self.asked.lock().unwrap().push((line, header.unwrap_or_default()));
        match self.next.lock().unwrap().pop_front().expect("the script has an end") {
            Next::Answer(status, body) => {
                let mut response = HttpResponse::new(Bytes::from(body).into());
                response.headers_mut().insert("etag", "\"1\"".parse().unwrap());
                response.headers_mut().insert("content-length", body.len().into());
                with_status(response, status)
            }
            Next::Fail(kind) => Err(HttpError::new(kind, std::io::Error::other("it was told to"))),
        }
    }
}

#[derive(Debug)]
struct Connected(HttpClient);

impl HttpConnector for Connected {
    fn connect(&self, _: &object_store::ClientOptions) -> object_store::Result<HttpClient> {
        Ok(self.0.clone())
    }
}

/// A store whose server does that.
fn store(next: impl IntoIterator<Item = Next>) -> (impl ObjectStore, Script) {
    let script = Script::default();
    script.next.lock().unwrap().extend(next);
    let given = Given::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test");
    let config = SdkConfig::builder().credentials_provider(SharedCredentialsProvider::new(given)).build();
    let account = Arc::new(Account::new(config));
    let credentials = Arc::clone(account.credentials().unwrap());
    let bucket_url = "https://s3.example/logs".to_owned();
    let endpoint = Endpoint { bucket_url: bucket_url.clone(), region: "eu-west-1".to_owned() };
    let bucket = Bucket { name: "logs".to_owned(), endpoint, account };
    let wire = Wire::new(HttpClient::new(script.clone()), bucket);
    let pause = Duration::from_millis(1);
    let backoff = BackoffConfig { init_backoff: pause, max_backoff: pause, base: 2.0 };
    let store = AmazonS3Builder::new()
        .with_bucket_name("logs")
        .with_region("eu-west-1")
        .with_endpoint(bucket_url)
        .with_virtual_hosted_style_request(true)
        .with_credentials(credentials)
        .with_retry(RetryConfig { backoff, ..RetryConfig::default() })
        .with_http_connector(Connected(HttpClient::new(wire)))
        .build();
    (store.unwrap(), script)
}

async fn create(store: &impl ObjectStore) -> object_store::Result<()> {
    store.put_opts(&Path::from("x"), "text".into(), PutMode::Create.into()).await.map(|_| ())
}

#[tokio::test]
async fn a_put_of_what_must_not_exist_is_repeated() {
    let troubles = [
        Next::Answer(409, "<Error><Code>ConditionalRequestConflict</Code></Error>"),
        Next::Answer(503, ""),
        Next::Answer(400, "<Error><Code>RequestTimeout</Code></Error>"),
        Next::Fail(HttpErrorKind::Interrupted),
        Next::Fail(HttpErrorKind::Timeout),
        Next::Answer(200, ""),
    ];
    let (store, script) = store(troubles);
    create(&store).await.unwrap();
    assert_eq!(script.asked.lock().unwrap().len(), 6);
}

#[tokio::test]
async fn what_exists_is_not_put_again() {
    let (store, _) = store([Next::Answer(412, "<Error><Code>PreconditionFailed</Code></Error>")]);
    let error = create(&store).await.unwrap_err();
    assert!(matches!(error, object_store::Error::AlreadyExists { .. }), "{error}");
}

#[tokio::test]
async fn what_is_missing_is_not_found_and_what_is_refused_is_ours() {
    let missing = "<Error><Code>NoSuchKey</Code></Error>";
    let (store, script) = store([
        Next::Answer(404, missing),
        Next::Answer(404, ""),
        Next::Answer(404, "<Error><Code>NoSuchBucket</Code></Error>"),
    ]);
    for head in [false, true] {
        let path = Path::from("x");
        let error =
            if head { store.head(&path).await.unwrap_err() } else { store.get(&path).await.unwrap_err() };
        assert!(matches!(error, object_store::Error::NotFound { .. }), "{error}");
    }
    let error = store.get(&Path::from("x")).await.unwrap_err();
    assert_eq!(Error::within(&error).unwrap().to_string(), "there is no bucket logs");
    // The bucket itself is no object.
    assert!(matches!(store.head(&Path::ROOT).await.unwrap_err(), object_store::Error::NotFound { .. }));
    assert_eq!(script.asked.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn an_address_where_nobody_answers_is_soon_left() {
    let (store, script) = store((0..20).map(|_| Next::Fail(HttpErrorKind::Connect)));
    store.get(&Path::from("x")).await.unwrap_err();
    assert_eq!(script.asked.lock().unwrap().len(), FIRST_TRIES);
}

#[tokio::test]
async fn an_address_that_answered_is_tried_long() {
    let mut script = vec![Next::Answer(404, "")];
    script.extend((0..8).map(|_| Next::Fail(HttpErrorKind::Connect)));
    script.push(Next::Answer(404, ""));
    let (store, script) = store(script);
    for _ in 0..2 {
        let error = store.get(&Path::from("x")).await.unwrap_err();
        assert!(matches!(error, object_store::Error::NotFound { .. }), "{error}");
    }
    assert!(script.next.lock().unwrap().is_empty());
}

#[tokio::test]
async fn keys_go_out_and_come_in_as_they_are() {
    let listing = "<ListBucketResult><Contents><Key>a//b c/</Key><LastModified>2026-09-17T00:00:00.000Z</LastModified>\
         <ETag>\"1\"</ETag><Size>1</Size></Contents></ListBucketResult>";
    let (store, script) = store([Next::Answer(200, listing), Next::Answer(200, "x"), Next::Answer(200, "")]);
    let prefix = keys::path("a/");
    let found: Vec<_> = store.list(Some(&prefix)).try_collect().await.unwrap();
    assert_eq!(keys::key(&found[0].location), "a//b c/");
    store.get(&found[0].location).await.unwrap();
    store.put(&found[0].location, "text".into()).await.unwrap();
    // A part of the key that is no path at all could only be asked for under another name.
    let error = store.get(&keys::path("a/../b")).await.unwrap_err();
    assert!(Error::within(&error).unwrap().to_string().contains("s3://logs/a/../b cannot be asked for"));

    let asked = script.asked.lock().unwrap();
    let lines: Vec<_> = asked.iter().map(|(line, _)| line.as_str()).collect();
    let expected = [
        "GET https://s3.example/logs?list-type=2&prefix=a%2F%2F",
        "GET https://s3.example/logs/a//b%20c/",
        "PUT https://s3.example/logs/a//b%20c/",
    ];
    assert_eq!(lines, expected);
    assert!(asked.iter().all(|(_, header)| header.contains("/eu-west-1/s3/aws4_request")), "{asked:?}");
}
