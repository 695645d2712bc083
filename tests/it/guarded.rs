//! A running `trailql serve` for tests, clients of it, and certificates made for it.

use std::io::BufRead;
use std::io::BufReader;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow_flight::sql::client::FlightSqlServiceClient;
use futures::TryStreamExt;
use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use tonic::Status;
use tonic::transport::Certificate;
use tonic::transport::Channel;
use tonic::transport::ClientTlsConfig;
use tonic::transport::Identity;

use crate::program::ingest;
use crate::program::run_with_input;
use crate::program::trailql;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/cloudtrail");

/// How long something may take that is waited for, on a slow machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A server with a folder of its own; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) metrics: Option<SocketAddr>,
    server: Child,
    out: BufReader<ChildStdout>,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended; there is nothing to do about either failure.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A folder with a small lake, in which a server can run.
pub(crate) fn with_lake() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    ingest(folder.path(), "lake", SAMPLE);
    folder
}

/// Adds a user to the file `users` of the folder.
pub(crate) fn add_user(folder: &Path, name: &str, password: &str) {
    let ended = run_with_input(folder, &["user", "add", name, "--users", "users"], password.as_bytes());
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

impl Served {
    /// Starts a server on a free port.
    pub(crate) fn start(folder: tempfile::TempDir, arguments: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", folder, arguments)
    }

    /// Starts a server that listens there.
    pub(crate) fn start_at(listen: &str, folder: tempfile::TempDir, arguments: &[&str]) -> Self {
        let all = ["--lake", "lake", "serve", "--listen", listen];
        let mut command = trailql(folder.path(), &all);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut server = command.spawn().unwrap();
        let mut out = BufReader::new(server.stdout.take().unwrap());
        let mut metrics = None;
        let mut line = String::new();
        let address = loop {
            line.clear();
            if out.read_line(&mut line).unwrap() == 0 {
                let output = server.wait_with_output().unwrap();
                panic!("the server did not start: {}", String::from_utf8_lossy(&output.stderr));
            }
            if let Some(rest) = line.strip_prefix("metrics on http://") {
                metrics = rest.trim().trim_end_matches("/metrics").parse().ok();
            }
            if let Some(rest) = line.strip_prefix("listening on ") {
                break rest.trim().parse().unwrap();
            }
        };
        Self { folder, address, metrics, server, out }
    }

    /// A file of its folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The audit log's lines.
    pub(crate) fn audit(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.file("audit.ndjson")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Tells the server to stop, as service managers do.
    pub(crate) fn terminate(&self) {
        let kill = format!("kill -TERM {}", self.server.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits for its end; gives its exit code and what it complained of.
    pub(crate) fn ended(&mut self) -> (Option<i32>, String) {
        let code = self.server.wait().unwrap().code();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut self.server.stderr.take().unwrap(), &mut text).unwrap();
        std::io::Read::read_to_string(&mut self.out, &mut String::new()).unwrap();
        (code, text)
    }

    /// A client without TLS.
    pub(crate) async fn client(&self) -> Client {
        let channel = Channel::from_shared(format!("http://{}", self.address)).unwrap();
        FlightSqlServiceClient::new(channel.connect().await.unwrap())
    }

    /// A client with TLS that trusts this authority; an error if the two do not come together.
    pub(crate) async fn tls_client(
        &self,
        authority: &Authority,
        own: Option<&(String, String)>,
    ) -> Result<Client, tonic::transport::Error> {
        let mut tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(&authority.certificate))
            .domain_name("localhost");
        if let Some((certificate, key)) = own {
            tls = tls.identity(Identity::from_pem(certificate, key));
        }
        let channel = Channel::from_shared(format!("https://{}", self.address)).unwrap().tls_config(tls)?;
        Ok(FlightSqlServiceClient::new(channel.connect().await?))
    }
}

pub(crate) type Client = FlightSqlServiceClient<Channel>;

/// Signs a client in; gives the error in the server's words.
pub(crate) async fn sign_in(client: &mut Client, name: &str, password: &str) -> Result<(), String> {
    client.handshake(name, password).await.map(drop).map_err(|error| error.to_string())
}

/// The rows of a query.
pub(crate) async fn query(client: &mut Client, sql: &str) -> Result<Vec<RecordBatch>, String> {
    let info = client.execute(sql.to_owned(), None).await.map_err(|error| error.to_string())?;
    let ticket = info.endpoint[0].ticket.clone().unwrap();
    let stream = client.do_get(ticket).await.map_err(|error| error.to_string())?;
    stream.try_collect().await.map_err(|error| error.to_string())
}

/// How many rows a query gives.
pub(crate) async fn count(client: &mut Client, sql: &str) -> Result<usize, String> {
    Ok(query(client, sql).await?.iter().map(RecordBatch::num_rows).sum())
}

/// Asks again until the answer fits.
pub(crate) async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "it did not become so");
        tokio::task::yield_now().await;
    }
}

/// What the health service says.
pub(crate) async fn health(address: SocketAddr) -> Result<i32, Status> {
    let channel = Channel::from_shared(format!("http://{address}")).unwrap();
    let channel = channel.connect().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let mut client = tonic_health::pb::health_client::HealthClient::new(channel);
    let request = tonic_health::pb::HealthCheckRequest { service: String::new() };
    Ok(client.check(request).await?.into_inner().status)
}

/// Signs certificates for a test.
pub(crate) struct Authority {
    pub(crate) certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority of a test");
        let certificate = params.self_signed(&key).unwrap().pem();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// A certificate and its key in PEM.
    pub(crate) fn sign(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params =
            CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// Writes the files that the server is given.
    pub(crate) fn write(&self, folder: &Path) {
        let (certificate, key) = self.sign("server");
        std::fs::write(folder.join("cert.pem"), certificate).unwrap();
        std::fs::write(folder.join("key.pem"), key).unwrap();
        std::fs::write(folder.join("ca.pem"), &self.certificate).unwrap();
    }
}

/// The options of a server with TLS.
pub(crate) const TLS: [&str; 4] = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];
