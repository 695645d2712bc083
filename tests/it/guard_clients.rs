//! Clients that people use, over TLS and with a password: ADBC of Python, and the JDBC driver.

use std::process::Command;

use crate::available;
use crate::flight;
use crate::guarded::Authority;
use crate::guarded::Served;
use crate::guarded::TLS;
use crate::guarded::add_user;
use crate::guarded::with_lake;
use crate::program;
use crate::python;

/// Connects as told on the command line; prints a count, or what was wrong.
const ADBC: &str = r#"
import sys
from adbc_driver_flightsql import DatabaseOptions as Options
from adbc_driver_flightsql import dbapi

uri, user, password, authority, certificate, key = sys.argv[1:]
read = lambda path: open(path).read()
options = {Options.TLS_ROOT_CERTS.value: read(authority)}
if user:
    options |= {"username": user, "password": password}
if certificate:
    options |= {Options.MTLS_CERT_CHAIN.value: read(certificate), Options.MTLS_PRIVATE_KEY.value: read(key)}
try:
    with dbapi.connect(uri, db_kwargs=options, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cloudtrail WHERE event_id IS NOT NULL AND 1 = ?", (1,))
        print(cursor.fetchone()[0] > 0)
except Exception as error:
    print(error)
"#;

#[test]
fn adbc_connects_over_tls_with_a_password_and_a_certificate() {
    let Some(python) = python::with_packages("adbc", flight::ADBC) else { return };
    let folder = with_lake();
    let authority = Authority::new();
    authority.write(folder.path());
    Authority::new().write(&{
        let other = folder.path().join("other");
        std::fs::create_dir(&other).unwrap();
        other
    });
    let (certificate, key) = authority.sign("laptop");
    std::fs::write(folder.path().join("ann.pem"), certificate).unwrap();
    std::fs::write(folder.path().join("ann.key"), key).unwrap();
    add_user(folder.path(), "ann", "correct horse");
    let server = Served::start(folder, &[&TLS[..], &["--users", "users", "--client-ca", "ca.pem"]].concat());
    let ask = |user: &str, password: &str, authority: &str, own: [&str; 2]| {
        let uri = format!("grpc+tls://{}", server.address);
        let mut command = Command::new(&python);
        command.args(["-c", ADBC, &uri, user, password, authority]).args(own);
        let output = command.current_dir(server.folder.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };
    let own = ["ann.pem", "ann.key"];
    assert_eq!(ask("ann", "correct horse", "ca.pem", own), "True\n");
    let wrong = ask("ann", "wrong horse", "ca.pem", own);
    assert!(wrong.contains("the user or the password is wrong"), "{wrong}");
    let nobody = ask("", "", "ca.pem", own);
    assert!(nobody.contains("sign in"), "{nobody}");
    for (authority, own) in [("other/ca.pem", own), ("ca.pem", ["", ""])] {
        let refused = ask("ann", "correct horse", authority, own);
        assert!(!refused.contains("True"), "{refused}");
    }
}

/// A server with TLS and a user over the lake of the demo, and where the certificate of its authority is.
fn over_the_demo() -> Served {
    let folder = tempfile::tempdir().unwrap();
    let demo = program::run(folder.path(), &["demo", "--folder", "demo"]);
    assert_eq!(demo.code, Some(0), "{}", demo.err);
    std::fs::rename(folder.path().join("demo/lake"), folder.path().join("lake")).unwrap();
    Authority::new().write(folder.path());
    add_user(folder.path(), "ann", "correct-horse");
    Served::start(folder, &[&TLS[..], &["--users", "users"]].concat())
}

#[test]
fn adbc_and_polars_ask_all_they_can_over_tls() {
    let Some(python) = python::with_packages("adbc", flight::ADBC) else { return };
    let server = over_the_demo();
    let mut command = Command::new(python);
    command.arg(flight::client("adbc.py")).arg(format!("grpc+tls://{}", server.address));
    command.args(["username=ann", "password=correct-horse"]);
    flight::succeeds(command.arg(format!("tls_root_certs={}", server.file("ca.pem").display())));
}

#[test]
fn the_jdbc_driver_asks_all_it_can_over_tls() {
    let has_java = Command::new("java").arg("-version").output().is_ok_and(|output| output.status.success());
    if !available("java", has_java) {
        return;
    }
    let Some(jar) = flight::driver() else { return };
    let server = over_the_demo();
    let url = |password: &str| {
        let authority = server.file("ca.pem");
        format!(
            "jdbc:arrow-flight-sql://{}?user=ann&password={password}&tlsRootCerts={}",
            server.address,
            authority.display()
        )
    };
    let java = |password: &str| {
        let mut java = Command::new("java");
        java.args(["--add-opens=java.base/java.nio=ALL-UNNAMED", "-cp"]).arg(&jar);
        java.arg(flight::client("Jdbc.java")).arg(url(password));
        java
    };
    flight::succeeds(&mut java("correct-horse"));
    let refused = java("wrong").output().unwrap();
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && text.contains("the user or the password is wrong"), "{text}");
}
