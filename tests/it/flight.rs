//! Real clients of Flight SQL, each in an environment of its own, against the program over the demo's lake.

use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use tempfile::TempDir;

use crate::available;
use crate::program;
use crate::program::trailql;
use crate::python;

/// What is installed for the Python clients; exact versions, so that every run asks the same clients.
pub(crate) const ADBC: &[&str] =
    &["adbc-driver-flightsql==1.13.0", "adbc-driver-manager==1.13.0", "polars==2.1.0", "pyarrow==26.0.1"];
const DBAPI: &[&str] = &["flightsql-dbapi==0.2.2", "SQLAlchemy==1.4.54", "pandas==2.3.3", "pyarrow==26.0.1"];

/// The driver of DBeaver and Tableau.
const DRIVER: &str = "org.apache.arrow:flight-sql-jdbc-driver:18.3.0";

/// A server over the demo's lake; it ends when this is dropped.
pub(crate) struct Server {
    process: Child,
    address: String,
    _folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended; there is nothing to do about either failure.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts a server on a free port.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let demo = program::run(folder.path(), &["demo", "--folder", "demo"]);
        assert_eq!(demo.code, Some(0), "{}", demo.err);
        let serve = ["--lake", "demo/lake", "serve", "--listen", "127.0.0.1:0"];
        let mut process = trailql(folder.path(), &serve).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").expect("it says where it listens").to_owned();
        Self { process, address, _folder: folder }
    }
}

pub(crate) fn client(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

/// Runs a client, which says `ok` at the end if all is as it should be.
pub(crate) fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.trim_end().ends_with("ok"), "{command:?}\n{out}\n{err}");
    println!("{out}");
}

/// The jar of the JDBC driver, fetched once and kept below `target`; none where it cannot be had.
pub(crate) fn driver() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("jdbc");
    let jar = folder.join("flight-sql-jdbc-driver-18.3.0.jar");
    if jar.is_file() {
        return Some(jar);
    }
    std::fs::create_dir_all(&folder).unwrap();
    let copied = Command::new("mvn")
        .args(["-q", "-B", "dependency:copy", &format!("-Dartifact={DRIVER}")])
        .arg(format!("-DoutputDirectory={}", folder.display()))
        .current_dir(&folder)
        .output();
    let copied = copied.is_ok_and(|output| output.status.success()) && jar.is_file();
    available(&format!("Maven repository that has {DRIVER}"), copied).then_some(jar)
}

#[test]
fn adbc_and_polars_ask_all_they_can() {
    let Some(python) = python::with_packages("adbc", ADBC) else { return };
    let server = Server::start();
    succeeds(Command::new(python).arg(client("adbc.py")).arg(format!("grpc://{}", server.address)));
}

#[test]
fn sqlalchemy_inspects_and_queries() {
    let Some(python) = python::with_packages("dbapi", DBAPI) else { return };
    let server = Server::start();
    succeeds(Command::new(python).arg(client("flightsql_dbapi.py")).arg(&server.address));
}

#[test]
fn the_jdbc_driver_asks_all_it_can() {
    let has_java = Command::new("java").arg("-version").output().is_ok_and(|output| output.status.success());
    if !available("java", has_java) {
        return;
    }
    let Some(jar) = driver() else { return };
    let server = Server::start();
    let mut java = Command::new("java");
    java.args(["--add-opens=java.base/java.nio=ALL-UNNAMED", "-cp"]).arg(jar).arg(client("Jdbc.java"));
    succeeds(java.arg(format!("jdbc:arrow-flight-sql://{}?useEncryption=false", server.address)));
}
