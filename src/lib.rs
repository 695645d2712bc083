//! trailql (architecture docs follow)

pub mod error;
pub mod logs;
pub mod storage;
pub mod functions;
pub mod lake;
pub mod ingest;
pub mod session;
pub mod output;
pub mod incident;
pub mod cli;

pub use error::{Error, Result};
