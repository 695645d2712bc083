//! What the guard is told, and where a server may listen with it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::tls::TlsFiles;
use crate::error::Error;
use crate::error::Result;

/// Tells whoever runs the server what went wrong while it goes on.
pub type Notices = Arc<dyn Fn(&Error) + Send + Sync>;

/// How the door is guarded.
#[derive(Clone)]
pub struct Settings {
    /// Encrypts connections with these.
    pub tls: Option<TlsFiles>,
    /// The file of users; with it everybody has to sign in.
    pub users: Option<PathBuf>,
    /// How long a token is good.
    pub token_lifetime: Duration,
    /// The file that the audit log is appended to.
    pub audit: Option<PathBuf>,
    /// How long queries that run may take to end when the server stops.
    pub drain: Duration,
    /// The most bytes of memory for one query.
    pub query_memory: Option<usize>,
    /// The longest that one query may take, from when it has its place until its last row is sent.
    pub query_time: Option<Duration>,
    /// The most rows of one answer.
    pub query_rows: Option<u64>,
    /// So many queries run at once.
    pub queries: usize,
    /// So many of them of one user.
    pub queries_per_user: usize,
    /// So many of one user wait beside.
    pub queries_waiting: usize,
    /// So long each waits.
    pub queue_time: Duration,
    /// How long a client may not read an answer before it is given up.
    pub stall_time: Duration,
    /// So many connections there may be.
    pub connections: usize,
    /// So many of them from one address.
    pub connections_per_address: usize,
    /// How long a connection may take for TLS, and then for its first request.
    pub handshake_time: Duration,
    /// Lets passwords and data go over a network without TLS.
    pub unsafe_without_tls: bool,
    /// Lets everybody in who reaches the server over a network.
    pub unsafe_without_users: bool,
    /// Hears what goes wrong while the server goes on.
    pub notices: Notices,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("tls", &self.tls)
            .field("users", &self.users)
            .finish_non_exhaustive()
    }
}

/// Refuses to listen where others could listen in, or come in, unless it was asked for by name.
///
/// # Errors
/// The address is reachable from other machines, and TLS or authentication is missing.
pub fn may_listen(address: SocketAddr, settings: &Settings) -> Result<()> {
    if address.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    let refused = |what: &str, hint: &str| {
        let text = format!("listening on {address} is refused: other machines reach it, and {what}");
        Err(Error::user(text).hinted(hint))
    };
    if settings.tls.is_none() && !settings.unsafe_without_tls {
        return refused(
            "without TLS everybody on the way reads passwords and data",
            "give --tls-cert and --tls-key; if something else encrypts, say --unsafe-without-tls",
        );
    }
    let certificates = settings.tls.as_ref().is_some_and(|files| files.client_ca.is_some());
    if settings.users.is_none() && !certificates && !settings.unsafe_without_users {
        return refused(
            "without authentication everybody reads the lake",
            "give --users (see `trailql user add`) or --client-ca; or say --unsafe-without-users",
        );
    }
    Ok(())
}
