//! What the query engine reports, sorted by what the reader can do about it.
//!
//! The one bridge from [`DataFusionError`]. It unwraps instead of nesting: an error passes through several layers
//! on its way up, and only the innermost says what happened. An [`Error`] of ours that travelled through the
//! engine comes back as it was, but for its source, which is kept as text.

use std::error::Error as StdError;
use std::sync::Arc;

use arrow::error::ArrowError;
use datafusion::common::Diagnostic;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;
use parquet::errors::ParquetError;

use super::Error;
use super::Kind;
use super::Place;

/// How many columns a hint lists.
const COLUMNS_LISTED: usize = 12;

/// What the engine says before the call that it found no function for.
const NO_FUNCTION: &str = "No function matches the given name and argument types";

/// What the engine puts before its messages; it says nothing to the reader.
const NOISE: &[&str] = &[
    "DataFusion error: ",
    "Error during planning: ",
    "Execution error: ",
    "External error: ",
    "Schema error: ",
    "Arrow error: ",
    "Parquet error: ",
    "Object Store error: ",
    "SQL error: ",
    "sql parser error: ",
];

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        from_engine(&error)
    }
}

fn from_engine(error: &DataFusionError) -> Error {
    match error {
        DataFusionError::Context(context, inner) => with_context(context, from_engine(inner)),
        DataFusionError::Diagnostic(diagnostic, inner) => with_diagnostic(diagnostic, from_engine(inner)),
        DataFusionError::Shared(inner) => from_engine(inner),
        DataFusionError::Collection(errors) => match errors.first() {
            Some(first) => from_engine(first),
            None => Error::internal("the query failed without an error"),
        },
        DataFusionError::External(inner) => from_foreign(inner.as_ref()),
        DataFusionError::ArrowError(inner, _) => from_arrow(inner),
        DataFusionError::ParquetError(inner) => from_parquet(inner),
        DataFusionError::SchemaError(inner, _) => from_schema(inner),
        DataFusionError::SQL(inner, _) => from_parser(inner),
        DataFusionError::ObjectStore(inner) => from_foreign(inner.as_ref()),
        DataFusionError::IoError(inner) => Error::storage(clean(&inner.to_string())),
        DataFusionError::Plan(message) | DataFusionError::Execution(message) => from_message(message),
        // Settings come from SQL, with SET; ours are fixed.
        DataFusionError::Configuration(message) => Error::sql(clean(message)),
        DataFusionError::NotImplemented(message) => Error::sql(format!("not supported: {}", clean(message))),
        DataFusionError::ResourcesExhausted(message) => {
            Error::sql(format!("out of memory: {}", clean(message)))
                .hinted("ask for less: a shorter time, fewer columns, no sort over everything")
        }
        DataFusionError::Internal(message)
        | DataFusionError::Substrait(message)
        | DataFusionError::Ffi(message) => Error::internal(clean(message)),
        DataFusionError::ExecutionJoin(inner) => Error::internal(clean(&inner.to_string())),
    }
}

/// Context names a step of planning or a file. Only the file helps whoever reads the error.
fn with_context(context: &str, error: Error) -> Error {
    match error.kind {
        Kind::Storage | Kind::Data if context.contains('/') => {
            Error { message: format!("{}: {}", clean(context), error.message), ..error }
        }
        _ => error,
    }
}

fn with_diagnostic(diagnostic: &Diagnostic, mut error: Error) -> Error {
    if let Some(span) = diagnostic.span.filter(|_| error.place.is_none()) {
        error.place = Place::new(span.start.line, span.start.column);
    }
    if error.hint.is_some() {
        return error;
    }
    let helps = diagnostic.helps.iter().map(|help| &help.message);
    let advice: Vec<_> =
        helps.chain(diagnostic.notes.iter().map(|note| &note.message)).map(|it| lowered(it)).collect();
    if advice.is_empty() { error } else { error.hinted(advice.join("; ")) }
}

fn from_foreign(error: &(dyn StdError + 'static)) -> Error {
    if let Some(ours) = error.downcast_ref::<Error>() {
        let source = ours.source.as_ref().map(|source| source.to_string().into());
        let (message, hint) = (ours.message.clone(), ours.hint.clone());
        return Error { kind: ours.kind, message, hint, place: None, excerpt: None, source };
    }
    if let Some(inner) = error.downcast_ref::<DataFusionError>() {
        return from_engine(inner);
    }
    if let Some(inner) = error.downcast_ref::<Arc<DataFusionError>>() {
        return from_engine(inner);
    }
    if let Some(inner) = error.downcast_ref::<ArrowError>() {
        return from_arrow(inner);
    }
    if let Some(inner) = error.downcast_ref::<ParquetError>() {
        return from_parquet(inner);
    }
    if let Some(refusal) = error.downcast_ref::<object_store::Error>().and_then(|error| Error::within(error))
    {
        return from_foreign(refusal);
    }
    if error.is::<object_store::Error>() || error.is::<std::io::Error>() {
        return Error::storage(clean(&error.to_string()));
    }
    Error::internal(clean(&error.to_string()))
}

fn from_arrow(error: &ArrowError) -> Error {
    match error {
        ArrowError::ExternalError(inner) => from_foreign(inner.as_ref()),
        ArrowError::IoError(message, _) => Error::storage(clean(message)),
        ArrowError::ParquetError(message)
        | ArrowError::IpcError(message)
        | ArrowError::CsvError(message)
        | ArrowError::JsonError(message)
        | ArrowError::AvroError(message) => Error::data(clean(message)),
        ArrowError::CastError(message)
        | ArrowError::ParseError(message)
        | ArrowError::ComputeError(message)
        | ArrowError::InvalidArgumentError(message) => Error::sql(clean(message)),
        ArrowError::ArithmeticOverflow(message) => {
            Error::sql(format!("a number is too large: {}", clean(message)))
        }
        ArrowError::DivideByZero => {
            Error::sql("division by zero").hinted("nullif(divisor, 0) turns the result into null instead")
        }
        ArrowError::NotYetImplemented(message) => Error::sql(format!("not supported: {}", clean(message))),
        other => Error::internal(clean(&other.to_string())),
    }
}

fn from_parquet(error: &ParquetError) -> Error {
    match error {
        ParquetError::External(inner) => from_foreign(inner.as_ref()),
        // The engine writes what a store said about the end of a file into a text of its own.
        ParquetError::General(text) if text.contains("Object Store error: ") => {
            Error::storage(clean(text.rsplit_once(" - HTTP error: ").map_or(text, |(_, reason)| reason)))
        }
        other => Error::data(clean(&other.to_string())),
    }
}

fn from_parser(error: &ParserError) -> Error {
    match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => {
            let message = clean(message);
            Error { place: Place::in_message(&message), ..Error::sql(message) }
        }
        ParserError::RecursionLimitExceeded => Error::sql("the query is nested too deeply"),
    }
}

fn from_schema(error: &SchemaError) -> Error {
    let SchemaError::FieldNotFound { field, valid_fields } = error else {
        return Error::sql(clean(&error.to_string()));
    };
    let missing = Error::sql(format!("no column named {}", field.quoted_flat_name()));
    let text = error.to_string();
    if let Some((_, guess)) = text.split_once("Did you mean ") {
        let guess = guess.lines().next().unwrap_or_default();
        return missing.hinted(format!("did you mean {guess}"));
    }
    let mut names: Vec<_> =
        valid_fields.iter().take(COLUMNS_LISTED).map(|field| field.quoted_flat_name()).collect();
    if names.is_empty() {
        return missing;
    }
    if valid_fields.len() > COLUMNS_LISTED {
        names.push("…".to_owned());
    }
    missing.hinted(format!("there are the columns {}", names.join(", ")))
}

/// Splits off what the engine suggests, which follows on lines of its own.
fn from_message(message: &str) -> Error {
    let message = clean(message);
    if let Some((_, call)) = message.split_once(NO_FUNCTION) {
        return from_call(call);
    }
    match message.split_once('\n') {
        Some((what, advice)) if advice.starts_with("Did you mean") => {
            Error::sql(what.trim_end_matches('.')).hinted(lowered(advice))
        }
        None if message.starts_with("table '") && message.ends_with("' not found") => {
            Error::sql(message).hinted("SHOW TABLES lists what there is")
        }
        _ => Error::sql(message),
    }
}

/// No function takes these arguments. The engine reports that as its own bug, around what it should have said.
fn from_call(call: &str) -> Error {
    let what = call.split(". You might need").next().unwrap_or_default();
    let error = Error::sql(format!("no function takes {}", what.trim()));
    match call.split_once("Candidate functions:") {
        Some((_, candidates)) => {
            let candidates: Vec<_> = candidates.split_whitespace().collect();
            error.hinted(format!("there is {}", candidates.join(" ").replace(") ", "), ")))
        }
        None => error,
    }
}

/// Takes the noise off the front and begins in lower case.
fn clean(message: &str) -> String {
    let mut rest = message.trim();
    while let Some(shorter) = NOISE.iter().find_map(|noise| rest.strip_prefix(noise)) {
        rest = shorter.trim_start();
    }
    lowered(rest)
}

/// Begins in lower case, unless the first word is a name or an abbreviation.
fn lowered(message: &str) -> String {
    let mut chars = message.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(message.chars().skip(1)).collect()
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests;
