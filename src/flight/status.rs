//! The one bridge from our errors to those of gRPC.

use datafusion::error::DataFusionError;
use tonic::Code;
use tonic::Status;

use crate::error::Error;
use crate::error::Kind;

/// The most characters of a message. It travels in a header, and clients take only so much of these.
const MOST_CHARACTERS: usize = 2000;

/// What a client is told of an error: what happened, and what to do next.
pub(super) fn of(error: &Error) -> Status {
    let code = match error.kind() {
        Kind::Config => Code::FailedPrecondition,
        Kind::Storage => Code::Unavailable,
        Kind::Data => Code::DataLoss,
        Kind::Internal => Code::Internal,
        _ => Code::InvalidArgument,
    };
    told(code, error)
}

/// What a client is told of an error of the engine while rows stream.
pub(super) fn of_engine(error: DataFusionError) -> Status {
    let exhausted = matches!(error.find_root(), DataFusionError::ResourcesExhausted(_));
    let error = Error::from(error);
    if exhausted { told(Code::ResourceExhausted, &error) } else { of(&error) }
}

/// What a client is told that wants to write.
pub(super) fn refused(error: &Error) -> Status {
    told(Code::PermissionDenied, error)
}

fn told(code: Code, error: &Error) -> Status {
    let text = match error.hint() {
        Some(hint) => format!("{error} (hint: {hint})"),
        None => error.to_string(),
    };
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => Status::new(code, format!("{}…", text.get(..end).unwrap_or_default())),
        None => Status::new(code, text),
    }
}
