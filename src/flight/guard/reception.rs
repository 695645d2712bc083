//! Finds out who sends a request: by the certificate of the connection, a password, or a token.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use tonic::Status;

use super::attempts::Attempts;
use super::audit::Entry;
use super::incoming::Peer;
use super::metrics::Denial;
use super::metrics::Metrics;
use super::passwords::Passwords;
use super::record::Record;
use super::tokens::Refusal;
use super::tokens::Stamp;
use super::tokens::Tokens;
use super::tokens::stamp;
use super::users::Users;

/// How callers prove who they are.
#[derive(Debug)]
pub(super) enum Proof {
    /// Not at all: only this machine reaches the server.
    None,
    /// By their certificate, which TLS has checked.
    Certificate,
    /// By a password, or the token they got for it; by a certificate too if TLS wants one.
    Password {
        /// Those who may.
        users: ArcSwap<Users>,
        /// Checks theirs.
        passwords: Box<Passwords>,
    },
}

/// Lets callers in.
#[derive(Debug)]
pub(super) struct Reception {
    pub(super) proof: Proof,
    pub(super) tokens: Tokens,
    pub(super) attempts: Attempts,
    pub(super) metrics: Arc<Metrics>,
    pub(super) record: Arc<Record>,
}

/// What a caller shows.
enum Shown {
    Nothing,
    Basic { name: String, password: String },
    Bearer(String),
    Unreadable(&'static str),
}

/// A name and a password that somebody sends.
struct Claim<'a> {
    name: &'a str,
    password: &'a str,
    peer: &'a Peer,
}

impl Reception {
    /// The name of the caller.
    pub(super) async fn identify(&self, peer: &Peer, headers: &HeaderMap) -> Result<String, Status> {
        let (users, passwords) = match &self.proof {
            Proof::None => return Ok("anonymous".to_owned()),
            Proof::Certificate => {
                let name = peer.certificate.as_deref().map(str::to_owned);
                return name.ok_or_else(|| Status::unauthenticated("show a certificate"));
            }
            Proof::Password { users, passwords } => (users.load_full(), passwords),
        };
        match shown(headers) {
            Shown::Nothing => {
                self.metrics.denied(Denial::Missing);
                Err(Status::unauthenticated("sign in: this server wants a user and a password, or a token"))
            }
            Shown::Unreadable(what) => {
                self.metrics.denied(Denial::Missing);
                Err(Status::unauthenticated(what))
            }
            Shown::Bearer(token) => self.bearer(&users, &token, peer),
            Shown::Basic { name, password } => {
                let claim = Claim { name: &name, password: &password, peer };
                self.basic(&users, passwords, claim).await
            }
        }
    }

    /// A token for who was just identified.
    pub(super) fn token(&self, name: &str) -> String {
        self.tokens.issue(name, self.stamp_of(name))
    }

    /// The user whom the token was made for, if it is still good.
    pub(super) fn holder(&self, token: &str) -> Result<String, Refusal> {
        let (name, stamp) = self.tokens.check(token)?;
        // Whoever was removed or has another password now has to sign in again.
        if self.stamp_of(&name) == stamp { Ok(name) } else { Err(Refusal::Forged) }
    }

    /// Puts other users in place of those there were.
    pub(super) fn admit_only(&self, fresh: Users) {
        if let Proof::Password { users, passwords } = &self.proof {
            passwords.keep_only(&fresh);
            users.store(Arc::new(fresh));
        }
    }

    fn stamp_of(&self, name: &str) -> Stamp {
        match &self.proof {
            Proof::Password { users, .. } => users.load().hash(name).map(stamp).unwrap_or_default(),
            Proof::None | Proof::Certificate => Stamp::default(),
        }
    }

    fn bearer(&self, users: &Users, token: &str, peer: &Peer) -> Result<String, Status> {
        match self.holder(token) {
            Ok(name) if users.has(&name) => Ok(name),
            Err(Refusal::Expired) => {
                self.metrics.denied(Denial::Expired);
                Err(Status::unauthenticated("the token has expired: sign in again"))
            }
            _ => {
                self.metrics.denied(Denial::Token);
                self.tell_rarely(peer, None, "a token that is not good");
                Err(Status::unauthenticated(
                    "the token is not good: it is of a server that was restarted, or its user was changed; sign in again",
                ))
            }
        }
    }

    async fn basic(
        &self,
        users: &Users,
        passwords: &Passwords,
        Claim { name, password, peer }: Claim<'_>,
    ) -> Result<String, Status> {
        let address = peer.address.ip();
        // Known names only: what somebody typed into the wrong field may be a password.
        let known = users.has(name).then_some(name);
        self.locked_out(self.attempts.pause_here(name, address), known, peer)?;
        if passwords.remembered(users, name, password) {
            return Ok(name.to_owned());
        }
        let turn = self.attempts.turn(address).await;
        // It may have become so while others had their turn.
        self.locked_out(self.attempts.pause_here(name, address), known, peer)?;
        if passwords.remembered(users, name, password) {
            return Ok(name.to_owned());
        }
        self.locked_out(self.attempts.pause_of_user(name), known, peer)?;
        let right = passwords.check(users, name, password).await;
        let right = right.map_err(|error| Status::internal(error.to_string()))?;
        if right {
            self.attempts.succeeded(name, address);
            self.metrics.sign_ins.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            self.tell(peer, Some(name), "done", "password");
            drop(turn);
            return Ok(name.to_owned());
        }
        self.attempts.failed(name, address);
        self.metrics.denied(Denial::Password);
        let reason = if known.is_some() { "a wrong password" } else { "a user that is not there" };
        self.tell(peer, known, "refused", reason);
        Err(Status::unauthenticated("the user or the password is wrong"))
    }

    fn locked_out(&self, pause: Duration, known: Option<&str>, peer: &Peer) -> Result<(), Status> {
        if pause.is_zero() {
            return Ok(());
        }
        self.metrics.denied(Denial::LockedOut);
        self.tell_rarely(peer, known, "too many failed attempts");
        Err(Status::unauthenticated(format!(
            "too many failed attempts to sign in: try again in {} s",
            pause.as_secs_f64().ceil()
        )))
    }

    /// What somebody can cause as often as they like is told once a minute for their address.
    fn tell_rarely(&self, peer: &Peer, user: Option<&str>, reason: &str) {
        if self.record.is_news(peer.address.ip()) {
            self.tell(peer, user, "refused", reason);
        }
    }

    fn tell(&self, peer: &Peer, user: Option<&str>, outcome: &'static str, reason: &str) {
        self.record.note(Entry {
            event: "sign_in",
            user: user.map(str::to_owned),
            address: Some(peer.address.to_string()),
            outcome: Some(outcome),
            reason: Some(reason.to_owned()),
            ..Entry::default()
        });
    }
}

/// Reads the `authorization` header.
fn shown(headers: &HeaderMap) -> Shown {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Shown::Nothing };
    if values.next().is_some() {
        return Shown::Unreadable("there are two authorization headers");
    }
    let Ok(text) = value.to_str() else { return Shown::Unreadable("the authorization header is no text") };
    let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return if rest.is_empty() { Shown::Nothing } else { Shown::Bearer(rest.to_owned()) };
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Shown::Unreadable("the authorization header is neither Basic nor Bearer");
    }
    // Some clients leave the padding away.
    let decoded = STANDARD.decode(rest).or_else(|_| STANDARD_NO_PAD.decode(rest)).ok();
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    match text.as_deref().and_then(|text| text.split_once(':')) {
        Some((name, password)) => Shown::Basic { name: name.to_owned(), password: password.to_owned() },
        None => Shown::Unreadable("the authorization header is no user and password in base64 and UTF-8"),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn header(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        headers
    }

    #[test]
    fn schemes_have_any_case_and_padding() {
        let is_ann = |value: &str| matches!(shown(&header(value)), Shown::Basic { name, password } if name == "ann" && password == "pass:word1");
        assert!(is_ann("Basic YW5uOnBhc3M6d29yZDE="));
        assert!(is_ann("basic YW5uOnBhc3M6d29yZDE"));
        assert!(matches!(shown(&header("BEARER abc")), Shown::Bearer(token) if token == "abc"));
        assert!(matches!(shown(&header("Bearer ")), Shown::Nothing));
        assert!(matches!(shown(&HeaderMap::new()), Shown::Nothing));
        for wrong in ["Basic", "Basic !!!", "Basic YW5u", "Negotiate abc", "abc"] {
            assert!(matches!(shown(&header(wrong)), Shown::Unreadable(_)), "{wrong}");
        }
        let mut two = header("Bearer a");
        two.append(AUTHORIZATION, HeaderValue::from_static("Bearer b"));
        assert!(matches!(shown(&two), Shown::Unreadable(_)));
    }

    proptest! {
        #[test]
        fn any_header_is_read(bytes in prop::collection::vec(0x20_u8..=0xff, 0..100)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut headers = HeaderMap::new();
                headers.insert(AUTHORIZATION, value);
                shown(&headers);
            }
        }
    }
}
