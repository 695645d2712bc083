//! The integration tests: the structure of the source, the library over stores, and the program as people run it.
//!
//! One binary, so that the crate is linked once. Some tests want more than Rust: the public log data beside the
//! checkout, or Python with a package index. Where that is missing they say so and pass, unless
//! `TRAILQL_TESTS=all` is set: then it is a failure.

// clippy takes only the functions marked as tests for tests; here everything is one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod account;
mod chains;
mod commands;
mod doctor;
mod documented;
mod engines;
mod evidence;
mod flight;
mod follow;
mod guard;
mod guard_clients;
mod guard_limits;
mod guarded;
mod hops;
mod kill;
mod listing;
mod made;
mod moto;
mod program;
mod proxy;
mod python;
mod real_data;
mod records;
mod report_commands;
mod report_coverage;
mod reports;
mod s3;
mod s3_access;
mod search;
mod setup;
mod setup_templates;
mod shell;
mod store;
mod tidy;
mod trail;
mod upkeep;
mod verdicts;
mod verify;
mod watched;

/// Tells whether a test may go on that needs `what`.
fn available(what: &str, is_there: bool) -> bool {
    if !is_there {
        let all = std::env::var("TRAILQL_TESTS").is_ok_and(|tests| tests == "all");
        assert!(!all, "TRAILQL_TESTS=all, and there is no {what}");
        println!("skipped: there is no {what}");
    }
    is_there
}
