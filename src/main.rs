//! The command `trailql`.

use std::process::ExitCode;

fn main() -> ExitCode {
    trailql::cli::main()
}
