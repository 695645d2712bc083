//! A service without a guard, which lets everyone do everything; only tests have it.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Status;
use tonic::metadata::Ascii;
use tonic::metadata::MetadataMap;
use tonic::metadata::MetadataValue;

use crate::error::Error;
use crate::error::Result;
use crate::flight;
use crate::flight::Setup;
use crate::flight::watch::Caller;
use crate::flight::watch::Doorkeeper;
use crate::flight::watch::Permit;
use crate::flight::watch::Watch;
use crate::session::Session;

/// Lets everyone in and everything run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Open;

struct Unlimited;

impl Permit for Unlimited {}

#[async_trait]
impl Watch for Open {
    async fn admit(&self, _caller: &Caller, _sql: &str) -> Result<Box<dyn Permit>, Status> {
        Ok(Box::new(Unlimited))
    }
}

#[async_trait]
impl Doorkeeper for Open {
    async fn handshake(
        &self,
        _headers: &MetadataMap,
        _address: Option<SocketAddr>,
    ) -> Result<MetadataValue<Ascii>, Status> {
        // Clients insist on a token, and send it back; nobody looks at it.
        Ok(MetadataValue::from_static("Bearer anonymous"))
    }
}

impl Setup {
    /// A setup that lets everyone do everything, with a random key.
    pub(super) fn open() -> Result<Self> {
        Ok(Self { key: flight::random()?, watch: Arc::new(Open), doorkeeper: Arc::new(Open) })
    }
}

/// Serves plain connections until `shutdown`, and then those queries that still run.
pub(super) async fn serve(
    session: Session,
    listener: TcpListener,
    setup: Setup,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    flight::server()
        .add_service(flight::service(session, setup))
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), shutdown)
        .await
        .map_err(|error| Error::internal("the server stopped").caused_by(error))
}
