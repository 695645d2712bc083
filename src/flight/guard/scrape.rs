//! The page of metrics over HTTP, for Prometheus.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::Response;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// So many connections are served at once; others wait.
const AT_ONCE: usize = 16;

/// How long the head of a request may take, and a connection in all.
const HEAD: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(60);

/// Answers every `GET /metrics` with the page that `page` makes, until it is dropped.
pub(super) async fn serve(listener: TcpListener, page: Arc<dyn Fn() -> String + Send + Sync>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let page = Arc::clone(&page);
        tokio::spawn(async move {
            let answers = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let found = request.uri().path() == "/metrics" && request.method() == Method::GET;
                let response = if found { answer(StatusCode::OK, page()) } else { not_found() };
                async { Ok::<_, Infallible>(response) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .serve_connection(TokioIo::new(stream), answers);
            // A scraper that goes away early misses a page, and nothing else.
            let _ = tokio::time::timeout(WHOLE, connection).await;
            drop(place);
        });
    }
}

fn answer(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    let kind = http::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn not_found() -> Response<Full<Bytes>> {
    answer(StatusCode::NOT_FOUND, "there is only GET /metrics\n".to_owned())
}
