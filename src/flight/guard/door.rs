//! Stands before every request: who is it? Only the health service answers everybody.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;

use async_trait::async_trait;
use http::HeaderValue;
use http::Request;
use http::Response;
use http::header::AUTHORIZATION;
use std::net::SocketAddr;
use tonic::Status;
use tonic::body::Body;
use tonic::metadata::Ascii;
use tonic::metadata::MetadataMap;
use tonic::metadata::MetadataValue;
use tonic::transport::server::TcpConnectInfo;
use tower::Layer;
use tower::Service;

use super::incoming::Peer;
use super::reception::Reception;
use super::stalls::Stalls;
use crate::flight::watch::Caller;
use crate::flight::watch::Doorkeeper;

/// The paths of the health service begin so.
const HEALTH: &str = "/grpc.health.v1.Health/";

/// The path of a handshake ends so.
const HANDSHAKE: &str = "/Handshake";

/// Puts a [`Door`] before a service.
#[derive(Clone, Debug)]
pub(super) struct Doors {
    pub(super) reception: Arc<Reception>,
    pub(super) stalls: Arc<Stalls>,
}

impl<S> Layer<S> for Doors {
    type Service = Door<S>;

    fn layer(&self, inner: S) -> Door<S> {
        Door { inner, doors: self.clone() }
    }
}

/// A service with a door before it.
#[derive(Clone, Debug)]
pub(super) struct Door<S> {
    inner: S,
    doors: Doors,
}

impl<S> Service<Request<Body>> for Door<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // The one that was asked whether it is ready is the one to call.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let doors = self.doors.clone();
        Box::pin(async move {
            let Some(peer) = request.extensions().get::<Peer>().cloned() else {
                return Ok(Status::internal("a connection without an address").into_http());
            };
            peer.seat.asked();
            if request.uri().path().starts_with(HEALTH) {
                return inner.call(request).await;
            }
            if let Err(status) = doors.reception.enter(&peer, &mut request).await {
                return Ok(status.into_http());
            }
            peer.seat.proven();
            let response = inner.call(request).await?;
            Ok(response.map(|body| doors.stalls.watched(body)))
        })
    }
}

impl Reception {
    /// Identifies the caller and tells the service who it is.
    async fn enter(&self, peer: &Peer, request: &mut Request<Body>) -> Result<(), Status> {
        let name = self.identify(peer, request.headers()).await?;
        if request.uri().path().ends_with(HANDSHAKE) {
            // The service hands it on to the doorkeeper, who so gets a token whatever the caller has shown. Whoever
            // came with a token keeps that one: a stolen one must not live for ever.
            let old = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
            let kept = old.and_then(bearer).filter(|token| self.holder(token).is_ok()).map(str::to_owned);
            let token = kept.unwrap_or_else(|| self.token(&name));
            let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
                .map_err(|_| Status::internal("a token that is no header"))?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        } else {
            // Nobody behind the door needs it.
            request.headers_mut().remove(AUTHORIZATION);
        }
        let address = Some(peer.address);
        request.extensions_mut().insert(Caller { name, address });
        request.extensions_mut().insert(TcpConnectInfo { local_addr: None, remote_addr: address });
        Ok(())
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[async_trait]
impl Doorkeeper for Reception {
    async fn handshake(
        &self,
        headers: &MetadataMap,
        _address: Option<SocketAddr>,
    ) -> Result<MetadataValue<Ascii>, Status> {
        // The door has put a fresh token there, whoever it was.
        let given = headers.get(AUTHORIZATION.as_str());
        let held = given.and_then(|value| value.to_str().ok()).and_then(bearer);
        match (given, held.map(|token| self.holder(token))) {
            (Some(value), Some(Ok(_))) => Ok(value.clone()),
            _ => Err(Status::unauthenticated("the user or the password is wrong")),
        }
    }
}
