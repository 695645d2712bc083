//! What guards the door: who may come in, how much they may ask for, and the record of it.
//!
//! A connection takes a seat ([`seats`]), speaks TLS within a time ([`tls`], [`incoming`]), and each of its requests
//! says who sends it ([`reception`], by [`users`], [`passwords`], [`attempts`] and [`tokens`]) at the [`door`]. A
//! query waits for its place ([`gate`]), runs within limits ([`warden`]), and is written down ([`audit`], [`mask`]).
//! An answer that nobody reads is given up ([`stalls`]). [`metrics`] counts all of it.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpListener;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::flight::Setup;
use crate::flight::random;
use crate::flight::server;
use crate::flight::service;
use crate::session::Session;

mod attempts;
mod audit;
mod clock;
mod door;
mod gate;
mod incoming;
mod mask;
mod metrics;
mod passwords;
mod reception;
mod record;
mod reload;
mod scrape;
mod seats;
mod settings;
mod stalls;
mod tls;
mod tokens;
pub mod users;
mod warden;

use audit::Audit;
use audit::Entry;
use clock::Clock;
use gate::Gate;
use gate::Room;
use metrics::Gauges;
use metrics::Metrics;
use reception::Proof;
use reception::Reception;
use record::Record;
use reload::Files;
use seats::Most;
use seats::Seats;
pub use settings::Notices;
pub use settings::Settings;
pub use settings::may_listen;
use stalls::Stalls;
use tls::Tls;
pub use tls::TlsFiles;
use users::Users;
use warden::Limits;
use warden::Warden;

/// The name that the health service knows the service by, beside the empty one for the whole server.
const SERVICE: &str = "arrow.flight.protocol.FlightService";

/// How often files, seats and stalls are looked at.
const ROUND: Duration = Duration::from_secs(1);

/// How long streams that were stopped may take to say so.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How many questions for what tables there are run at once, of one caller, and wait.
const METADATA: Room = Room { all: 8, per_caller: 4, waiting: 256, patience: Duration::from_secs(60) };

/// So many calls may be under way on one connection.
const STREAMS: u32 = 256;

/// So many files are kept for other things than connections.
const FILES_KEPT: usize = 512;

/// The guard of one server.
#[derive(Debug)]
pub struct Guard {
    settings: Settings,
    reception: Arc<Reception>,
    warden: Warden,
    seats: Arc<Seats>,
    stalls: Arc<Stalls>,
    tls: Option<Arc<Tls>>,
    metrics: Arc<Metrics>,
    record: Arc<Record>,
}

impl Guard {
    /// Reads the files and opens the audit log; whatever is wrong with them shows before anybody is let in.
    ///
    /// # Errors
    /// A file cannot be read or written, or is no good.
    pub fn new(settings: Settings) -> Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(clock::System);
        let metrics = Arc::new(Metrics::default());
        let tls = settings.tls.clone().map(Tls::open).transpose()?.map(Arc::new);
        let certificates = settings.tls.as_ref().is_some_and(|files| files.client_ca.is_some());
        let proof = match &settings.users {
            Some(path) => Proof::Password {
                users: ArcSwap::from_pointee(some_users(path)?),
                passwords: Box::new(passwords::Passwords::new(Arc::clone(&clock))?),
            },
            None if certificates => Proof::Certificate,
            None => Proof::None,
        };
        let audit = settings.audit.as_deref();
        let audit = audit.map(|path| Audit::open(path, Arc::clone(&settings.notices))).transpose()?;
        let record = Record::new(audit, Arc::clone(&clock));
        let reception = Reception {
            proof,
            tokens: tokens::Tokens::new(settings.token_lifetime, Arc::clone(&clock))?,
            attempts: attempts::Attempts::new(Arc::clone(&clock)),
            metrics: Arc::clone(&metrics),
            record: Arc::clone(&record),
        };
        let room = Room {
            all: settings.queries,
            per_caller: settings.queries_per_user,
            waiting: settings.queries_waiting,
            patience: settings.queue_time,
        };
        let limits =
            Limits { memory: settings.query_memory, time: settings.query_time, rows: settings.query_rows };
        let warden = Warden {
            limits,
            queries: Gate::new(room),
            metadata: Gate::new(METADATA),
            metrics: Arc::clone(&metrics),
            record: Arc::clone(&record),
            clock: Arc::clone(&clock),
        };
        let most = Most {
            all: settings.connections.min(connections_possible()),
            per_address: settings.connections_per_address,
            silence: settings.handshake_time,
        };
        let seats = Seats::new(most, Arc::clone(&clock), Arc::clone(&metrics));
        let stalls = Stalls::new(settings.stall_time, clock, Arc::clone(&metrics));
        Ok(Self { settings, reception: Arc::new(reception), warden, seats, stalls, tls, metrics, record })
    }

    /// Serves the session until `shutdown`, and then for a while those queries that still run. `key` signs tickets
    /// and handles; `scraped` is where metrics are asked for.
    ///
    /// # Errors
    /// The server cannot go on, or the audit log could not be written to its end.
    pub async fn serve(
        self,
        session: Session,
        key: [u8; 32],
        listener: TcpListener,
        scraped: Option<TcpListener>,
        shutdown: impl Future<Output = ()>,
    ) -> Result<()> {
        let guard = Arc::new(self);
        let (health, health_service) = tonic_health::server::health_reporter();
        guard.note("started", listener.local_addr().ok().map(|address| address.to_string()));
        guard.report_health(&health).await;
        let rounds = tokio::spawn(Arc::clone(&guard).rounds(health.clone()));
        let scraping = scraped.map(|listener| {
            let seen = Arc::clone(&guard);
            tokio::spawn(scrape::serve(listener, Arc::new(move || seen.page())))
        });
        let setup = Setup {
            key,
            watch: Arc::new(guard.warden.clone()),
            doorkeeper: Arc::clone(&guard.reception) as Arc<_>,
        };
        let entrance = incoming::Entrance {
            seats: Arc::clone(&guard.seats),
            tls: guard.tls.clone(),
            metrics: Arc::clone(&guard.metrics),
            handshake: guard.settings.handshake_time,
        };
        let doors =
            door::Doors { reception: Arc::clone(&guard.reception), stalls: Arc::clone(&guard.stalls) };
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = server()
            .max_concurrent_streams(STREAMS)
            .layer(doors)
            .add_service(health_service)
            .add_service(service(session, setup))
            .serve_with_incoming_shutdown(incoming::incoming(listener, entrance), async {
                // Sent to or dropped, it says the same.
                let _ = stopped.await;
            });
        let mut serving = pin!(serving);
        let served = tokio::select! {
            served = &mut serving => served,
            () = shutdown => {
                guard.record.drain();
                guard.report_health(&health).await;
                let _ = stop.send(());
                guard.seats.close_strangers();
                guard.drain(serving.as_mut()).await
            }
        };
        rounds.abort();
        if let Some(scraping) = scraping {
            scraping.abort();
        }
        guard.note("stopped", None);
        let written = Arc::clone(&guard);
        let whole = tokio::task::spawn_blocking(move || written.record.close()).await.unwrap_or_default();
        served.map_err(|error| Error::internal("the server stopped").caused_by(error))?;
        if whole { Ok(()) } else { Err(Error::storage("lines of the audit log could not be written")) }
    }

    /// Waits until the queries that run have ended, and stops those that take too long.
    async fn drain<E>(
        &self,
        mut serving: std::pin::Pin<&mut impl Future<Output = Result<(), E>>>,
    ) -> Result<(), E> {
        if let Ok(served) = tokio::time::timeout(self.settings.drain, serving.as_mut()).await {
            return served;
        }
        self.record.stop();
        self.stalls.stop();
        // Clients that do not even take that are left alone.
        tokio::time::timeout(LAST_WORDS, serving).await.unwrap_or(Ok(()))
    }

    /// Looks after things that no request looks after.
    async fn rounds(self: Arc<Self>, health: HealthReporter) {
        let mut users = Files::new(self.settings.users.as_deref());
        let mut certificates = Files::new(self.tls.iter().flat_map(|tls| tls.paths()));
        let mut rounds = tokio::time::interval(ROUND);
        loop {
            rounds.tick().await;
            self.seats.sweep();
            self.stalls.sweep();
            self.report_health(&health).await;
            if users.changed()
                && let Some(path) = &self.settings.users
            {
                match some_users(path) {
                    Ok(users) => self.reception.admit_only(users),
                    Err(error) => (self.settings.notices)(&error.during("the users stay as they were")),
                }
            }
            if certificates.changed()
                && let Some(Err(error)) = self.tls.as_ref().map(|tls| tls.reload())
            {
                (self.settings.notices)(&error.during("the certificate stays as it was"));
            }
        }
    }

    fn is_serving(&self) -> bool {
        self.record.is_whole() && !self.record.is_draining()
    }

    async fn report_health(&self, health: &HealthReporter) {
        let status = if self.is_serving() { ServingStatus::Serving } else { ServingStatus::NotServing };
        for name in ["", SERVICE] {
            health.set_service_status(name, status).await;
        }
    }

    fn page(&self) -> String {
        let (running, waiting) = self.warden.queries.counts();
        let gauges =
            Gauges { running, waiting, audit_whole: self.record.is_whole(), serving: self.is_serving() };
        self.metrics.page(gauges)
    }

    fn note(&self, event: &'static str, address: Option<String>) {
        self.record.note(Entry { event, address, ..Entry::default() });
    }
}

/// The users of the file; none at all would be a server for nobody.
fn some_users(path: &std::path::Path) -> Result<Users> {
    let users = Users::read(path)?;
    if users.names().next().is_none() {
        return Err(Error::new(Kind::Config, format!("there is no user in {}", path.display()))
            .hinted(format!("trailql user add NAME --users {}", path.display())));
    }
    Ok(users)
}

/// How many connections the system has files for.
fn connections_possible() -> usize {
    // Elsewhere the setting has to be right; accepting waits when the files run out.
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()?.parse().ok());
    files.map_or(usize::MAX, |files: usize| files.saturating_sub(FILES_KEPT).max(files / 2))
}

/// The lock of a mutex; whoever panicked while holding it has left nothing half done here.
fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
