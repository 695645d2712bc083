//! Gives up answers whose client does not read them, so that nobody holds a query's place and memory by doing nothing.
//!
//! While a client reads, its answer is asked for the next piece again and again; when it stops, the pieces that the
//! connection may hold fill up, and nobody asks any more. So the time since a piece was handed out and no other was
//! asked for is the time that the client has not read.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;
use std::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use http::HeaderMap;
use hyper::body::Frame;
use hyper::body::SizeHint;
use tonic::Status;
use tonic::body::Body;

use super::clock::Clock;
use super::locked;
use super::metrics::Metrics;

#[derive(Debug)]
struct Answer {
    /// None once it was given up; dropping it stops the work behind it.
    body: Option<Body>,
    /// When a piece was handed out that nobody came back from.
    since: Option<Instant>,
    /// What the client is told if it comes back.
    told: Option<Status>,
    /// Whoever waits for the next piece.
    waiting: Option<Waker>,
}

/// The answers that are being sent.
#[derive(Debug)]
pub(super) struct Stalls {
    patience: Duration,
    next: AtomicU64,
    answers: Mutex<HashMap<u64, Arc<Mutex<Answer>>>>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

impl Stalls {
    /// Waits so long for a client that does not read.
    pub(super) fn new(patience: Duration, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self { patience, next: AtomicU64::new(0), answers: Mutex::default(), clock, metrics })
    }

    /// The same answer under watch.
    pub(super) fn watched(self: &Arc<Self>, body: Body) -> Body {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let answer =
            Arc::new(Mutex::new(Answer { body: Some(body), since: None, told: None, waiting: None }));
        locked(&self.answers).insert(number, Arc::clone(&answer));
        self.metrics.streams.fetch_add(1, Ordering::Relaxed);
        Body::new(Watched { number, answer, stalls: Arc::clone(self) })
    }

    /// Gives up the answers that nobody has read from for too long.
    pub(super) fn sweep(&self) {
        let now = self.clock.instant();
        let told = || {
            let text = format!(
                "the client has read nothing for {} s, so the query was stopped",
                self.patience.as_secs()
            );
            Status::deadline_exceeded(text)
        };
        let late = |answer: &Answer| {
            answer.since.is_some_and(|since| now.saturating_duration_since(since) >= self.patience)
        };
        let given_up = self.give_up(late, told);
        self.metrics.stalled.fetch_add(given_up, Ordering::Relaxed);
    }

    /// Gives up all answers, as the server stops.
    pub(super) fn stop(&self) {
        self.give_up(|_| true, || Status::unavailable("the server was stopped before the query ended"));
    }

    fn give_up(&self, which: impl Fn(&Answer) -> bool, told: impl Fn() -> Status) -> u64 {
        let answers: Vec<_> = locked(&self.answers).values().cloned().collect();
        let mut count = 0;
        for answer in answers {
            let mut answer = locked(&answer);
            if answer.body.is_some() && which(&answer) {
                answer.told = Some(told());
                // Its end asks other locks, so this one is free by then.
                let body = answer.body.take();
                let waiting = answer.waiting.take();
                drop(answer);
                drop(body);
                if let Some(waiting) = waiting {
                    waiting.wake();
                }
                count += 1;
            }
        }
        count
    }
}

struct Watched {
    number: u64,
    answer: Arc<Mutex<Answer>>,
    stalls: Arc<Stalls>,
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let mut answer = locked(&self.answer);
        answer.since = None;
        if let Some(status) = answer.told.take() {
            let mut trailers = HeaderMap::new();
            return Poll::Ready(match status.add_header(&mut trailers) {
                Ok(()) => Some(Ok(Frame::trailers(trailers))),
                Err(status) => Some(Err(status)),
            });
        }
        let Some(body) = &mut answer.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(_)) => answer.since = Some(self.stalls.clock.instant()),
            Poll::Ready(None) => {}
            Poll::Pending => answer.waiting = Some(context.waker().clone()),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        let answer = locked(&self.answer);
        answer.told.is_none() && answer.body.as_ref().is_none_or(hyper::body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        locked(&self.answer).body.as_ref().map(hyper::body::Body::size_hint).unwrap_or_default()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        locked(&self.stalls.answers).remove(&self.number);
        self.stalls.metrics.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::StreamExt;
    use http_body_util::BodyExt;

    use super::super::clock::still::Still;
    use super::*;

    /// An answer of so many pieces, and what tells that it was dropped.
    fn answer(pieces: usize) -> (Body, Arc<()>) {
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let frames = futures::stream::iter(0..pieces).map(move |_| {
            let _ = &held;
            Ok::<_, Status>(Frame::data(Bytes::from_static(b"piece")))
        });
        (Body::new(http_body_util::StreamBody::new(frames)), alive)
    }

    #[test]
    fn a_client_that_does_not_read_loses_its_answer() {
        let clock = Arc::new(Still::new());
        let metrics = Arc::new(Metrics::default());
        let stalls =
            Stalls::new(Duration::from_secs(60), Arc::clone(&clock) as Arc<dyn Clock>, Arc::clone(&metrics));
        let (body, alive) = answer(5);
        let mut body = stalls.watched(body);
        clock.pass(Duration::from_secs(100));
        stalls.sweep();
        assert_eq!(Arc::strong_count(&alive), 2, "nothing was handed out yet");
        assert!(body.frame().now_or_never().unwrap().unwrap().unwrap().is_data());
        clock.pass(Duration::from_secs(59));
        stalls.sweep();
        assert_eq!(Arc::strong_count(&alive), 2);
        clock.pass(Duration::from_secs(1));
        stalls.sweep();
        assert_eq!(Arc::strong_count(&alive), 1);
        let last = body.frame().now_or_never().unwrap().unwrap().unwrap();
        let trailers = last.into_trailers().unwrap();
        assert_eq!(trailers["grpc-status"], "4");
        assert!(body.frame().now_or_never().unwrap().is_none());
        assert_eq!(metrics.stalled.load(Ordering::Relaxed), 1);
        drop(body);
        assert_eq!(metrics.streams.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn an_answer_that_is_read_comes_whole() {
        let clock = Arc::new(Still::new());
        let stalls =
            Stalls::new(Duration::from_secs(60), Arc::clone(&clock) as Arc<dyn Clock>, Arc::default());
        let body = stalls.watched(answer(5).0);
        let bytes = body.collect().now_or_never().unwrap().unwrap().to_bytes();
        assert_eq!(bytes.len(), 25);
        assert!(locked(&stalls.answers).is_empty());
    }
}
