//! trailql (architecture docs follow)

pub mod error;
pub mod logs;

pub use error::{Error, Result};
