//! The door for BI tools: the lake over Arrow Flight SQL.
//!
//! [`service`] is the protocol over a [`Session`], and [`server`] the HTTP/2 server it is put into. What guards the door
//! comes in through [`Setup`], see [`watch`]; [`guard`] is that, and the only one who opens it.

use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_server::FlightServiceServer;
use ring::rand::SecureRandom;
use ring::rand::SystemRandom;
use tonic::transport::Server;

use crate::error::Error;
use crate::error::Result;
use crate::session::Session;

mod actions;
mod bind;
pub mod guard;
mod marks;
mod metadata;
mod options;
mod pool;
mod run;
mod running;
mod seal;
mod service;
mod snapshots;
mod statements;
mod status;
pub mod watch;
mod wire;

#[cfg(test)]
mod tests;

pub use service::Service;
pub use watch::Caller;
use watch::Doorkeeper;
use watch::Watch;

/// The most bytes of one message that a client may send: SQL texts and bound values, never data.
const MOST_RECEIVED: usize = 16 << 20;

/// The most bytes of all headers of one request. The JDBC driver puts every unknown parameter of its URL into one.
const MOST_HEADERS: u32 = 64 << 10;

/// How long a connection may be silent before it is asked whether it is still there.
const PING_AFTER: Duration = Duration::from_secs(30);

/// How long the answer may take.
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// What the service is given beside the session.
#[derive(Clone)]
pub struct Setup {
    /// Signs tickets and handles. Servers that share it, and a server that is started with it again, accept each
    /// other's; a random one makes those of an earlier server void.
    pub key: [u8; 32],
    /// Decides which queries run.
    pub watch: Arc<dyn Watch>,
    /// Answers handshakes.
    pub doorkeeper: Arc<dyn Doorkeeper>,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the key.
        formatter.debug_struct("Setup").finish_non_exhaustive()
    }
}

/// Random bytes, for keys and salts.
///
/// # Errors
/// The system gives none.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|error| {
        Error::internal("the system gives no random numbers").caused_by(error.to_string())
    })?;
    Ok(bytes)
}

/// The service over a session, with its limits on what a client may send.
///
/// It plans the views meanwhile, so it must be called within a runtime.
pub fn service(session: Session, setup: Setup) -> FlightServiceServer<Service> {
    let service = Service::new(session, setup);
    let warm = service.clone();
    tokio::spawn(async move { warm.warm().await });
    FlightServiceServer::new(service)
        .max_decoding_message_size(MOST_RECEIVED)
        .max_encoding_message_size(usize::MAX)
}

/// The settings of the HTTP/2 server that the service is added to.
pub fn server() -> Server {
    Server::builder()
        .http2_keepalive_interval(Some(PING_AFTER))
        .http2_keepalive_timeout(Some(PING_TIMEOUT))
        .http2_max_header_list_size(MOST_HEADERS)
        .http2_adaptive_window(Some(true))
        .tcp_nodelay(true)
}
