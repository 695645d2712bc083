//! What clients set for their sessions: `catalog`, `schema`, `time_zone`.
//!
//! A client that keeps cookies carries its options itself, signed. Not all do: for the others they are kept by
//! connection, as many as there is room for.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::PoisonError;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use prost::Message;
use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::flight::seal::Kind;
use crate::flight::seal::Options;
use crate::flight::seal::Seal;
use crate::session::Session;
use crate::session::Settings;

/// The name of the cookie.
const COOKIE: &str = "trailql_session";

/// How many connections' options are kept.
const MOST_KEPT: usize = 10_000;

// The library has no messages for these actions.

#[derive(Clone, PartialEq, Message)]
pub(super) struct OptionValue {
    #[prost(oneof = "Value", tags = "1, 2, 3, 4, 5")]
    pub(super) value: Option<Value>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Value {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Flag(bool),
    #[prost(sfixed64, tag = "3")]
    Whole(i64),
    #[prost(double, tag = "4")]
    Number(f64),
    #[prost(message, tag = "5")]
    Texts(Texts),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Texts {
    #[prost(string, repeated, tag = "1")]
    pub(super) values: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SetRequest {
    #[prost(map = "string, message", tag = "1")]
    pub(super) options: HashMap<String, OptionValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SetResult {
    #[prost(map = "string, message", tag = "1")]
    pub(super) errors: HashMap<String, SetError>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SetError {
    /// 1: no such option; 2: no such value.
    #[prost(int32, tag = "1")]
    pub(super) reason: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct GetResult {
    #[prost(map = "string, message", tag = "1")]
    pub(super) options: HashMap<String, OptionValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CloseResult {
    /// 1: closed.
    #[prost(int32, tag = "1")]
    pub(super) status: i32,
}

impl Options {
    /// The session with these options.
    pub(super) fn applied(&self, session: &Session) -> crate::error::Result<Session> {
        let settings = Settings { schema: self.schema.clone(), time_zone: self.time_zone.clone() };
        session.with_settings(settings)
    }

    /// Sets what a client asks for, and says what it could not.
    pub(super) fn set(&mut self, session: &Session, request: SetRequest) -> SetResult {
        let mut errors = HashMap::new();
        for (name, value) in request.options {
            if let Err(reason) = self.set_one(session, &name, value.value) {
                errors.insert(name, SetError { reason });
            }
        }
        SetResult { errors }
    }

    fn set_one(&mut self, session: &Session, name: &str, value: Option<Value>) -> Result<(), i32> {
        const NO_NAME: i32 = 1;
        const NO_VALUE: i32 = 2;
        let text = match value {
            None => None,
            Some(Value::Text(text)) => Some(text).filter(|text| !text.is_empty()),
            Some(_) => return Err(NO_VALUE),
        };
        let mut next = self.clone();
        match name {
            "catalog" => {
                return match text.as_deref() {
                    None | Some(Session::CATALOG) => Ok(()),
                    Some(_) => Err(NO_VALUE),
                };
            }
            "schema" => next.schema = text,
            "time_zone" | "timezone" => next.time_zone = text,
            _ => return Err(NO_NAME),
        }
        next.applied(session).map_err(|_| NO_VALUE)?;
        *self = next;
        Ok(())
    }

    /// All of them, as a client asks for them.
    pub(super) fn all(&self) -> GetResult {
        let text = |text: &str| OptionValue { value: Some(Value::Text(text.to_owned())) };
        let schema = self.schema.as_deref().unwrap_or(Session::SCHEMA);
        let options = [
            ("catalog", text(Session::CATALOG)),
            ("schema", text(schema)),
            ("time_zone", text(self.time_zone.as_deref().unwrap_or("UTC"))),
        ];
        GetResult { options: options.map(|(name, value)| (name.to_owned(), value)).into() }
    }
}

/// Options by connection.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Connections>);

#[derive(Debug, Default)]
struct Connections {
    options: HashMap<(String, SocketAddr), Options>,
    /// The oldest first.
    order: VecDeque<(String, SocketAddr)>,
}

impl Kept {
    /// The options of a request: those of its cookie, else those of its connection.
    pub(super) fn of(
        &self,
        seal: &Seal,
        headers: &MetadataMap,
        caller: &str,
        address: Option<SocketAddr>,
    ) -> Result<Options, Status> {
        if let Some(sealed) = cookie(headers) {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).unwrap_or_default();
            // A cookie of an earlier server means nothing any more, and its client goes on without.
            return Ok(seal.open(Kind::Options, &bytes).unwrap_or_default());
        }
        let Some(address) = address else { return Ok(Options::default()) };
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(kept.options.get(&(caller.to_owned(), address)).cloned().unwrap_or_default())
    }

    /// Keeps the options of a connection, and gives the cookie that holds them.
    pub(super) fn keep(
        &self,
        seal: &Seal,
        caller: &str,
        address: Option<SocketAddr>,
        options: &Options,
    ) -> String {
        if let Some(address) = address {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (caller.to_owned(), address);
            if kept.options.insert(key.clone(), options.clone()).is_none() {
                kept.order.push_back(key);
            }
            while kept.options.len() > MOST_KEPT {
                let Some(oldest) = kept.order.pop_front() else { break };
                kept.options.remove(&oldest);
            }
        }
        format!("{COOKIE}={}", BASE64_URL_SAFE_NO_PAD.encode(seal.close(Kind::Options, options)))
    }
}

fn cookie(headers: &MetadataMap) -> Option<&str> {
    let cookies = headers.get_all("cookie").iter().filter_map(|header| header.to_str().ok());
    let mut pairs = cookies.flat_map(|header| header.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim() == COOKIE).map(|(_, value)| value.trim().trim_matches('"'))
}
