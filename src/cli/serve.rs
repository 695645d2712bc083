//! `trailql serve`

use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use tokio::net::TcpListener;

use crate::cli::Ending;
use crate::cli::at::AsOf;
use crate::cli::open;
use crate::cli::parse;
use crate::cli::registry;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::flight;
use crate::flight::guard;
use crate::flight::guard::Guard;
use crate::flight::guard::Settings;
use crate::session::Session;

mod guarding;

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
    #[command(flatten)]
    as_of: AsOf,
    #[command(flatten)]
    guarding: guarding::Guarding,
}

pub(super) async fn run(arguments: Serve, lake: &str, folders: &[String]) -> Result<Ending> {
    let metrics = arguments.guarding.metrics();
    let settings = arguments.guarding.settings(arguments.memory);
    guard::may_listen(arguments.listen, &settings)?;
    let registry = registry(folders).await?;
    registry.problems().for_each(|problem| super::warn(&problem));
    let lake = open(lake).await?;
    let session = Session::with_reports(lake.clone(), arguments.memory, registry)?;
    let session = arguments.as_of.pin(session, &lake).await?;
    let key = match &arguments.key_file {
        Some(file) => key_in(file)?,
        None => flight::random()?,
    };
    let listener = listen(arguments.listen).await?;
    let scraped = match metrics {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    if let Some(address) = scraped.as_ref().and_then(|scraped| scraped.local_addr().ok()) {
        super::print(&format!("metrics on http://{address}/metrics\n"))?;
    }
    let address = listener.local_addr().unwrap_or(arguments.listen);
    let greeting = greeting(address, &settings);
    let guard = Guard::new(settings)?;
    super::print(&greeting)?;
    guard.serve(session, key, listener, scraped, stopped()).await?;
    Ok(Ending::Done)
}

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        Error::new(Kind::Config, format!("cannot listen on {address}"))
            .caused_by(error)
            .hinted("another server may have the port; port 0 takes a free one")
    })
}

/// What the server says when it can be reached.
fn greeting(address: SocketAddr, settings: &Settings) -> String {
    let tls = settings.tls.is_some();
    let (grpc, insecure, encryption) =
        if tls { ("grpc+tls", "", "") } else { ("grpc", "?insecure=true", "?useEncryption=false") };
    let (python, user) = match settings.users {
        Some(_) => (", db_kwargs={\"username\": ..., \"password\": ...}", "USER:PASSWORD@"),
        None => ("", ""),
    };
    format!(
        "listening on {address}\n\n\
         Python      adbc_driver_flightsql.dbapi.connect(\"{grpc}://{address}\"{python})\n\
         SQLAlchemy  datafusion://{user}{address}{insecure}\n\
         JDBC        jdbc:arrow-flight-sql://{address}{encryption}\n\n\
         Ctrl-C stops it.\n"
    )
}

fn key_in(file: &Path) -> Result<[u8; KEY]> {
    let shown = file.display();
    let bytes = std::fs::read(file).map_err(|error| {
        Error::new(Kind::Config, format!("cannot read the key in {shown}")).caused_by(error)
    })?;
    bytes.as_slice().try_into().map_err(|_| {
        Error::new(Kind::Config, format!("the key in {shown} has {} bytes, not {KEY}", bytes.len()))
            .hinted(format!("head -c {KEY} /dev/urandom > {shown} makes one; keep it to yourself"))
    })
}

/// Comes back when the process is told to stop. Told again, it ends at once.
async fn stopped() {
    signalled().await;
    tokio::spawn(async {
        signalled().await;
        // The number that shells give a program that was interrupted.
        std::process::exit(130);
    });
}

async fn signalled() {
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
