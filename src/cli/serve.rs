//! `trailql serve`

use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use tokio::net::TcpListener;

use crate::cli::Ending;
use crate::cli::open;
use crate::cli::parse;
use crate::cli::registry;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::flight;
use crate::flight::Setup;
use crate::session::Session;

/// The bytes of the key that signs.
const KEY: usize = 32;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  trailql serve\n  trailql --lake s3://bucket/lake serve --listen 127.0.0.1:0\n\n\
    Tables are in the schema public, saved questions are the views of the schema reports. Commits of an ingest that \
    runs meanwhile are seen by the next query.\n\
    Clients: see \"Connect your BI tool\" in the README."
)]
pub(super) struct Serve {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:31337")]
    listen: SocketAddr,
    /// The memory all queries together may use before they spill to disk
    #[arg(long, value_name = "SIZE", default_value = "4GiB", value_parser = parse::size)]
    memory: usize,
    /// A file with 32 random bytes, which sign what clients carry: statements prepared before a restart, or at another
    /// server with the same file, then stay good
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

pub(super) async fn run(arguments: Serve, lake: &str, folders: &[String]) -> Result<Ending> {
    let registry = registry(folders).await?;
    registry.problems().for_each(|problem| super::warn(&problem));
    let session = Session::with_reports(open(lake).await?, arguments.memory, registry)?;
    let mut setup = Setup::open()?;
    if let Some(file) = &arguments.key_file {
        setup.key = key(file)?;
    }
    let address = arguments.listen;
    let cannot = |error: std::io::Error| {
        Error::new(Kind::Config, format!("cannot listen on {address}"))
            .caused_by(error)
            .hinted("another server may have the port; --listen 127.0.0.1:0 takes a free one")
    };
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    super::print(&greeting(address))?;
    flight::serve(session, listener, setup, stopped()).await?;
    Ok(Ending::Done)
}

/// What the server says when it can be reached.
fn greeting(address: SocketAddr) -> String {
    format!(
        "listening on {address}\n\n\
         Python      adbc_driver_flightsql.dbapi.connect(\"grpc://{address}\")\n\
         SQLAlchemy  datafusion://{address}?insecure=true\n\
         JDBC        jdbc:arrow-flight-sql://{address}?useEncryption=false\n\n\
         Ctrl-C stops it.\n"
    )
}

fn key(file: &Path) -> Result<[u8; KEY]> {
    let shown = file.display();
    let bytes = std::fs::read(file).map_err(|error| {
        Error::new(Kind::Config, format!("cannot read the key in {shown}")).caused_by(error)
    })?;
    bytes.as_slice().try_into().map_err(|_| {
        Error::new(Kind::Config, format!("the key in {shown} has {} bytes, not {KEY}", bytes.len()))
            .hinted(format!("head -c {KEY} /dev/urandom > {shown} makes one; keep it to yourself"))
    })
}

/// Comes back when the process is told to stop.
async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        if let Ok(mut terminate) = terminate {
            tokio::select! {
                _ = interrupted => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without signals there is only the end of the process.
    if interrupted.await.is_err() {
        std::future::pending::<()>().await;
    }
}
