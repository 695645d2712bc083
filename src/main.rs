//! The command `trailql`.

use std::process::ExitCode;

/// Rows are millions of small buffers, made on one thread and freed on another: the system's allocator takes
/// twice the memory for that, and longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    trailql::cli::main()
}
