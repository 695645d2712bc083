//! The options of `trailql serve` that say who may come in, and how much they may ask for.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use crate::cli::parse;
use crate::error::Error;
use crate::flight::guard::Settings;
use crate::flight::guard::TlsFiles;

/// How many queries run at once unless it is said.
const QUERIES: usize = 32;

#[derive(Debug, Args)]
#[command(next_help_heading = "Who may come in")]
pub(super) struct Guarding {
    /// The file of users who may sign in; `trailql user add` makes it. It is read again when it changes
    #[arg(long, env = "TRAILQL_USERS", value_name = "FILE")]
    users: Option<PathBuf>,
    /// How long a token is good that a client gets for its password
    #[arg(long, value_name = "TIME", default_value = "12h", value_parser = parse::duration)]
    token_lifetime: Duration,
    /// The server's certificate in PEM, with those that lead to its authority. It is read again when it changes
    #[arg(long, env = "TRAILQL_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate in PEM
    #[arg(long, env = "TRAILQL_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Let in only clients with a certificate of this authority; without --users its name is the user
    #[arg(long, env = "TRAILQL_CLIENT_CA", value_name = "FILE", requires = "tls_cert")]
    client_ca: Option<PathBuf>,
    /// UNSAFE: listen where other machines reach it though passwords and data go unencrypted
    #[arg(long)]
    unsafe_without_tls: bool,
    /// UNSAFE: listen where other machines reach it though everybody is let in
    #[arg(long)]
    unsafe_without_users: bool,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    records: Records,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "How much they may ask for")]
struct Limits {
    /// So many queries run at once; others wait their turn
    #[arg(long, value_name = "N", default_value_t = QUERIES, value_parser = positive)]
    queries: usize,
    /// So many of them of one user (without users: of one connection)
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = positive)]
    queries_per_user: usize,
    /// So many queries of one user wait; one more is refused
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = positive)]
    queries_waiting: usize,
    /// How long a query waits for its turn
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse::duration)]
    queue_time: Duration,
    /// How long one query may take until its last row is sent
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = parse::duration)]
    query_time: Duration,
    /// The most memory of one query [default: half of --memory]
    #[arg(long, value_name = "SIZE", value_parser = parse::size)]
    query_memory: Option<usize>,
    /// The most rows of one answer; a query with more fails [default: no limit]
    #[arg(long, value_name = "N")]
    query_rows: Option<u64>,
    /// How long a client may not read its answer before it is given up
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = parse::duration)]
    stall_time: Duration,
    /// So many connections there may be, and no more than `ulimit -n` permits
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = positive)]
    connections: usize,
    /// So many of them from one address
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = positive)]
    connections_per_address: usize,
    /// How long a new connection may take for TLS, and until its first request
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse::duration)]
    handshake_time: Duration,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Running it")]
struct Records {
    /// Append a line of JSON to this file for each query and each attempt to sign in
    #[arg(long, env = "TRAILQL_AUDIT", value_name = "FILE")]
    audit: Option<PathBuf>,
    /// Answer Prometheus at http://ADDR/metrics, without TLS or authentication: it holds counts and no names
    #[arg(long, value_name = "ADDR")]
    metrics: Option<SocketAddr>,
    /// How long queries that run may take to end when the server is told to stop
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = parse::duration)]
    drain: Duration,
}

impl Guarding {
    /// Where metrics are asked for.
    pub(super) fn metrics(&self) -> Option<SocketAddr> {
        self.records.metrics
    }

    /// What the guard is told, for a server whose queries have `memory` bytes in all.
    pub(super) fn settings(self, memory: usize) -> Settings {
        let tls = self.tls_cert.zip(self.tls_key);
        let client_ca = self.client_ca;
        Settings {
            tls: tls.map(|(certificate, key)| TlsFiles { certificate, key, client_ca }),
            users: self.users,
            token_lifetime: self.token_lifetime,
            audit: self.records.audit,
            drain: self.records.drain,
            query_memory: Some(self.limits.query_memory.unwrap_or(memory / 2)),
            query_time: Some(self.limits.query_time),
            query_rows: self.limits.query_rows,
            queries: self.limits.queries,
            queries_per_user: self.limits.queries_per_user,
            queries_waiting: self.limits.queries_waiting,
            queue_time: self.limits.queue_time,
            stall_time: self.limits.stall_time,
            connections: self.limits.connections,
            connections_per_address: self.limits.connections_per_address,
            handshake_time: self.limits.handshake_time,
            unsafe_without_tls: self.unsafe_without_tls,
            unsafe_without_users: self.unsafe_without_users,
            notices: Arc::new(notice),
        }
    }
}

/// Says what went wrong while the server goes on.
fn notice(error: &Error) {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    // A warning that nobody reads is no reason to fail.
    let _ = writeln!(std::io::stderr(), "warning: {error}{cause}{hint}");
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "not a number above zero".to_owned())
}
