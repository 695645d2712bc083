//! trailql (architecture docs follow)

pub mod error;
pub mod logs;
pub mod storage;

pub use error::{Error, Result};
