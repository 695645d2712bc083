//! What the service asks about who calls: may this query run, within which limits, and who keeps the record of it.
//!
//! The service knows no users, no passwords and no limits of its own. It asks a [`Watch`] before it plans anything
//! that a client sent, tells it what went over the wire, and how it ended; and it hands a handshake to a
//! [`Doorkeeper`]. The ones here let everybody do everything, which is right for a server that only this machine
//! reaches.

use std::net::SocketAddr;
use std::time::Instant;

use async_trait::async_trait;
use tonic::Status;
use tonic::metadata::Ascii;
use tonic::metadata::MetadataMap;
use tonic::metadata::MetadataValue;

/// Who sent a request. Whoever authenticates puts one into the extensions of the request; where none is, the
/// caller is the [`Caller::default`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    /// The user's name.
    pub name: String,
    /// Where the connection comes from.
    pub address: Option<SocketAddr>,
}

impl Default for Caller {
    /// Someone on this machine who gave no name.
    fn default() -> Self {
        Self { name: "anonymous".to_owned(), address: None }
    }
}

/// Decides whether a query may run, and keeps the record of it.
#[async_trait]
pub trait Watch: Send + Sync {
    /// Lets a query in, which may take a while if others run; dropping the future gives up the place.
    ///
    /// # Errors
    /// The caller may not, or there is no room; the status says which and what to do.
    async fn admit(&self, caller: &Caller, sql: &str) -> Result<Box<dyn Permit>, Status>;
}

/// The leave to run one query; it holds the query's place until it is dropped.
pub trait Permit: Send + Sync {
    /// The most bytes of memory it may take; none is no limit but that of the server.
    fn memory(&self) -> Option<usize> {
        None
    }

    /// When it is stopped; none is never.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The most rows it may give; none is no limit.
    fn most_rows(&self) -> Option<u64> {
        None
    }

    /// So many rows and bytes have been handed to the connection since the last time.
    fn sent(&self, _rows: u64, _bytes: u64) {}

    /// It has ended, as `outcome` says: `done`, `planned` (only its columns were asked for), `cancelled`, `dropped`
    /// (the client went away), or the text of the error.
    fn ended(self: Box<Self>, _outcome: &str) {}
}

/// Answers handshakes: credentials in, a token out.
#[async_trait]
pub trait Doorkeeper: Send + Sync {
    /// Checks the credentials in the headers of a handshake, Basic or Bearer in `authorization`, and gives the value
    /// of the `authorization` header that the client shall send from now on: `Bearer ...`.
    ///
    /// # Errors
    /// The credentials are wrong: `UNAUTHENTICATED`.
    async fn handshake(
        &self,
        headers: &MetadataMap,
        address: Option<SocketAddr>,
    ) -> Result<MetadataValue<Ascii>, Status>;
}
