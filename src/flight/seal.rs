//! Tickets and handles: messages that a client carries for us, and cannot change.
//!
//! The server keeps no statement for a client: what it must know later it hands out, signed with its key. So any
//! number of prepared statements costs nothing, a server that is started again with the same key goes on where the
//! other left off, and one of several can answer what another began.

use std::fmt;

use hmac::Hmac;
use hmac::Mac;
use prost::Message;
use prost::bytes::Bytes;
use sha2::Sha256;
use tonic::Status;

/// Bytes of the signature in front of a message.
const SIGNATURE: usize = 32;

/// What a sealed message is; one kind is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Prepared,
    Ticket,
    Transaction,
    Options,
}

/// A statement with all that decides what it answers.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Statement {
    /// The SQL, its placeholders written `$n`.
    #[prost(string, tag = "1")]
    pub(super) sql: String,
    /// The values of its parameters: an Arrow stream of one row; empty before they are bound.
    #[prost(bytes = "bytes", tag = "2")]
    pub(super) values: Bytes,
    /// The versions of the tables it sees; empty for the newest.
    #[prost(uint64, repeated, tag = "3")]
    pub(super) versions: Vec<u64>,
    /// Whether no other versions will do.
    #[prost(bool, tag = "4")]
    pub(super) in_transaction: bool,
    /// What was set when it was made.
    #[prost(message, required, tag = "5")]
    pub(super) options: Options,
    /// Names the query where it is cancelled.
    #[prost(bytes = "bytes", tag = "6")]
    pub(super) id: Bytes,
    /// The user it was made for.
    #[prost(string, tag = "7")]
    pub(super) caller: String,
    /// Whether times are sent in nanoseconds.
    #[prost(bool, tag = "8")]
    pub(super) nanoseconds: bool,
}

/// A transaction: the versions its statements see.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Transaction {
    #[prost(uint64, repeated, tag = "1")]
    pub(super) versions: Vec<u64>,
    #[prost(string, tag = "2")]
    pub(super) caller: String,
}

/// What a client has set.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Options {
    #[prost(string, optional, tag = "1")]
    pub(super) schema: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(super) time_zone: Option<String>,
}

/// The key that signs.
#[derive(Clone)]
pub(super) struct Seal(Hmac<Sha256>);

impl fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Seal")
    }
}

impl Seal {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        // A key of the size of a block cannot be of a wrong one; HMAC itself fills shorter ones up like this.
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(key);
        Self(<Hmac<Sha256> as hmac::digest::KeyInit>::new(&block.into()))
    }

    /// Signs a message.
    pub(super) fn close(&self, kind: Kind, message: &impl Message) -> Bytes {
        let message = message.encode_to_vec();
        let mut sealed = self.signing(kind, &message).finalize().into_bytes().to_vec();
        sealed.extend_from_slice(&message);
        sealed.into()
    }

    /// The message, if it was signed here.
    pub(super) fn open<M: Message + Default>(&self, kind: Kind, sealed: &[u8]) -> Result<M, Status> {
        let forged = || {
            Status::invalid_argument(
                "the handle is not one of this server; if it was started anew since, prepare the statement again",
            )
        };
        let (signature, message) = sealed.split_at_checked(SIGNATURE).ok_or_else(forged)?;
        // Takes as long for any wrong signature.
        self.signing(kind, message).verify_slice(signature).map_err(|_| forged())?;
        M::decode(message).map_err(|_| forged())
    }

    fn signing(&self, kind: Kind, message: &[u8]) -> Hmac<Sha256> {
        let mut signing = self.0.clone();
        signing.update(&[kind as u8]);
        signing.update(message);
        signing
    }
}
