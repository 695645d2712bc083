//! What a log is: bytes in, record batches and rejects out. Pure; no I/O; never panics.

pub mod json;
