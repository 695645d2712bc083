//! Who may come in to `trailql serve`: addresses, passwords, tokens, certificates.

use std::io::Read;
use std::io::Write;
use std::net::TcpStream;

use arrow_flight::HandshakeRequest;
use arrow_flight::flight_service_client::FlightServiceClient;
use base64::Engine;
use futures::StreamExt;
use tonic::Code;
use tonic::Request;
use tonic::transport::Channel;

use crate::guarded::Authority;
use crate::guarded::PATIENCE;
use crate::guarded::Served;
use crate::guarded::TLS;
use crate::guarded::add_user;
use crate::guarded::count;
use crate::guarded::eventually;
use crate::guarded::health;
use crate::guarded::sign_in;
use crate::guarded::with_lake;
use crate::program::run;
use crate::program::run_with_input;

const USERS: [&str; 2] = ["--users", "users"];
const ROWS: &str = "SELECT event_id FROM cloudtrail LIMIT 3";

#[test]
fn users_are_added_listed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let user = |arguments: &[&str], input: &str| {
        let all: Vec<_> = ["user"].iter().chain(arguments).chain(&USERS).copied().collect();
        let ended = run_with_input(folder.path(), &all, input.as_bytes());
        format!("{}{}", ended.out, ended.err)
    };
    let said = [
        user(&["list"], ""),
        user(&["add", "ann"], "correct horse\n"),
        user(&["add", "ann"], "correct horse\n"),
        user(&["add", "bob"], "short\n"),
        user(&["add", "a:b"], "correct horse\n"),
        user(&["add", "bob"], ""),
        user(&["add", "bob", "--replace"], "battery staple"),
        user(&["add", "bob"], "battery staple"),
        user(&["add", "ann", "--replace"], "another one\n"),
        user(&["list"], ""),
        user(&["remove", "zoe"], ""),
        user(&["remove", "ann"], ""),
        user(&["list"], ""),
    ];
    insta::assert_snapshot!(said.join("---\n"));
    let text = std::fs::read_to_string(folder.path().join("users")).unwrap();
    assert!(text.starts_with("bob:$argon2id$v=19$m=19456,t=2,p=1$") && !text.contains("battery"), "{text}");
}

#[test]
fn other_machines_are_let_in_only_with_tls_and_authentication() {
    let folder = with_lake();
    let refused = |arguments: &[&str]| {
        let all: Vec<_> =
            ["--lake", "lake", "serve", "--listen", "0.0.0.0:0"].iter().chain(arguments).copied().collect();
        let ended = run(folder.path(), &all);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        ended.err
    };
    add_user(folder.path(), "ann", "correct horse");
    Authority::new().write(folder.path());
    let said = [refused(&[]), refused(&USERS), refused(&TLS)];
    insta::assert_snapshot!(said.join("---\n"));
    let unsafely = ["--unsafe-without-tls", "--unsafe-without-users"];
    assert!(Served::start_at("0.0.0.0:0", folder, &unsafely).address.ip().is_unspecified());
}

#[tokio::test]
async fn a_password_opens_the_door_and_nothing_else_does() {
    let folder = with_lake();
    add_user(folder.path(), "ann", "correct horse");
    let server = Served::start(folder, &USERS);
    let mut client = server.client().await;
    let error = count(&mut client, ROWS).await.unwrap_err();
    assert!(error.contains("sign in: this server wants a user and a password"), "{error}");
    for (name, password) in [("ann", "wrong horse"), ("bob", "correct horse"), ("", "")] {
        let error = sign_in(&mut client, name, password).await.unwrap_err();
        assert!(error.contains("the user or the password is wrong"), "{error}");
    }
    client.set_token("forged".to_owned());
    let error = count(&mut client, ROWS).await.unwrap_err();
    assert!(error.contains("the token is not good"), "{error}");
    client.clear_token();
    sign_in(&mut client, "ann", "correct horse").await.unwrap();
    assert_eq!(count(&mut client, ROWS).await.unwrap(), 3);
    // Whoever asks for health needs no password.
    assert_eq!(health(server.address).await.unwrap(), 1);

    // A user that is removed is out within a second, whatever token they have; one that is added is in.
    let ended = run(server.folder.path(), &["user", "remove", "ann", "--users", "users"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    // A server for nobody would be a mistake; the users stay until there is another.
    add_user(server.folder.path(), "zoe", "battery staple");
    eventually(async || count(&mut client, ROWS).await.is_err().then_some(())).await;
    client.clear_token();
    sign_in(&mut client, "zoe", "battery staple").await.unwrap();
    assert_eq!(count(&mut client, ROWS).await.unwrap(), 3);
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}")))
}

/// What a handshake with this header gives: the header of the answer, and how many messages.
async fn shake(channel: &Channel, header: Option<&str>) -> Result<(String, usize), tonic::Status> {
    let mut request = Request::new(futures::stream::iter([HandshakeRequest::default()]));
    if let Some(header) = header {
        request.metadata_mut().insert("authorization", header.parse().unwrap());
    }
    let answer = FlightServiceClient::new(channel.clone()).handshake(request).await?;
    let token = answer.metadata().get("authorization").unwrap().to_str().unwrap().to_owned();
    let messages = answer.into_inner().count().await;
    Ok((token, messages))
}

#[tokio::test]
async fn handshakes_take_basic_and_bearer_and_calls_do_too() {
    let folder = with_lake();
    add_user(folder.path(), "ann", "correct:horse");
    let server = Served::start(folder, &USERS);
    let address = format!("http://{}", server.address);
    let channel = Channel::from_shared(address).unwrap().connect().await.unwrap();
    let (token, messages) = shake(&channel, Some(&basic("ann", "correct:horse"))).await.unwrap();
    assert!(token.starts_with("Bearer ") && messages == 1, "{messages}");
    // A token buys no other that lives longer.
    assert_eq!(shake(&channel, Some(&token)).await.unwrap(), (token.clone(), 1));
    for wrong in [None, Some("Bearer x"), Some("Negotiate x"), Some("Basic x")] {
        let status = shake(&channel, wrong).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{wrong:?}");
    }
    for header in [token, basic("ann", "correct:horse")] {
        let mut client = server.client().await;
        client.set_header("authorization", header);
        assert_eq!(count(&mut client, ROWS).await.unwrap(), 3);
    }
}

#[tokio::test]
async fn tokens_expire() {
    let folder = with_lake();
    add_user(folder.path(), "ann", "correct horse");
    let server = Served::start(folder, &[&USERS[..], &["--token-lifetime", "1s"]].concat());
    let mut client = server.client().await;
    sign_in(&mut client, "ann", "correct horse").await.unwrap();
    let error = eventually(async || count(&mut client, ROWS).await.err()).await;
    assert!(error.contains("the token has expired: sign in again"), "{error}");
}

#[tokio::test]
async fn guessing_gets_slow() {
    let folder = with_lake();
    add_user(folder.path(), "ann", "correct horse");
    let server = Served::start(folder, &[&USERS[..], &["--audit", "audit.ndjson"]].concat());
    let mut client = server.client().await;
    let mut errors = Vec::new();
    for _ in 0..6 {
        errors.push(sign_in(&mut client, "ann", "wrong horse").await.unwrap_err());
    }
    assert!(errors[4].contains("the user or the password is wrong"), "{errors:?}");
    assert!(errors[5].contains("too many failed attempts to sign in: try again in "), "{errors:?}");
    // The right one does not help before the time is over, and does after it.
    eventually(async || sign_in(&mut client, "ann", "correct horse").await.ok()).await;
    client.clear_token();
    let _ = sign_in(&mut client, "correct horse", "ann").await;
    let lines = eventually(async || {
        let lines: Vec<_> = server.audit().into_iter().filter(|line| line["event"] == "sign_in").collect();
        let last = lines.last()?["reason"] == "a user that is not there";
        last.then_some(lines)
    })
    .await;
    assert_eq!((&lines[0]["user"], &lines[0]["outcome"]), (&"ann".into(), &"refused".into()));
    assert_eq!(lines[5]["reason"], "too many failed attempts");
    // A password that was typed into the wrong field is not in the log.
    assert!(!lines.iter().any(|line| line.to_string().contains("horse")), "{lines:?}");
}

#[tokio::test]
async fn certificates_are_checked_on_both_sides_and_renewed_without_a_restart() {
    let folder = with_lake();
    let authority = Authority::new();
    authority.write(folder.path());
    let server =
        Served::start(folder, &[&TLS[..], &["--client-ca", "ca.pem", "--audit", "audit.ndjson"]].concat());
    let own = authority.sign("ann");
    let mut client = server.tls_client(&authority, Some(&own)).await.unwrap();
    assert_eq!(count(&mut client, ROWS).await.unwrap(), 3);
    // Clients with a user name shake hands; it is the certificate that counts.
    sign_in(&mut client, "bob", "whatever").await.unwrap();
    assert_eq!(count(&mut client, ROWS).await.unwrap(), 3);
    let users = eventually(async || {
        let lines = server.audit().into_iter().filter(|line| line["event"] == "query");
        let users: Vec<_> = lines.map(|line| line["user"].clone()).collect();
        (users.len() == 2).then_some(users)
    })
    .await;
    assert_eq!(users, ["ann", "ann"]);

    let other = Authority::new();
    for own in [None, Some(other.sign("ann"))] {
        // TLS 1.3 tells the client only when it reads.
        let refused = match server.tls_client(&authority, own.as_ref()).await {
            Ok(mut client) => count(&mut client, ROWS).await.is_err(),
            Err(_) => true,
        };
        assert!(refused, "{own:?}");
    }
    assert!(server.tls_client(&other, Some(&own)).await.is_err());

    other.write(server.folder.path());
    let own = other.sign("zoe");
    let mut renewed = eventually(async || {
        let mut client = server.tls_client(&other, Some(&own)).await.ok()?;
        count(&mut client, ROWS).await.ok().map(|_| client)
    })
    .await;
    assert_eq!(count(&mut renewed, ROWS).await.unwrap(), 3);
    assert_eq!(count(&mut client, ROWS).await.unwrap(), 3, "connections that are open stay open");
}

#[tokio::test]
async fn passwords_work_over_tls_and_plain_text_does_not() {
    let folder = with_lake();
    let authority = Authority::new();
    authority.write(folder.path());
    add_user(folder.path(), "ann", "correct horse");
    let server = Served::start(folder, &[&TLS[..], &USERS[..]].concat());
    let mut client = server.tls_client(&authority, None).await.unwrap();
    assert!(sign_in(&mut client, "ann", "wrong horse").await.is_err());
    sign_in(&mut client, "ann", "correct horse").await.unwrap();
    assert_eq!(count(&mut client, ROWS).await.unwrap(), 3);
    let mut plain = TcpStream::connect(server.address).unwrap();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    plain.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // Closed with or without a word of TLS about it.
    let _ = plain.read_to_end(&mut answer);
    assert!(answer.len() < 16, "{answer:?}");
}
