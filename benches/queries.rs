//! Measures the questions of `questions/questions.sql` in-process on a lake that is there already:
//! `TRAILQL_BENCH_LAKE=/lake cargo bench --bench queries -- [--runs N]`. `duckdb.py` is its counterpart.
#![allow(clippy::print_stdout, reason = "a program for the command line that says what it measured")]

#[path = "questions/mod.rs"]
mod questions;

use std::error::Error;
use std::time::Duration;
use std::time::Instant;

use tokio::runtime::Runtime;
use trailql::lake::Lake;
use trailql::logs::LOGS;
use trailql::session::Session;
use trailql::storage;
use trailql::storage::Location;

const USAGE: &str = "queries: set TRAILQL_BENCH_LAKE to a lake; [--runs N]";

fn main() -> Result<(), Box<dyn Error>> {
    let mut runs = 15;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--runs" => runs = arguments.next().ok_or(USAGE)?.parse::<usize>()?.max(1),
            // Cargo says this to every bench.
            "--bench" => {}
            _ => return Err(format!("what is {argument}?\n{USAGE}").into()),
        }
    }
    // `cargo bench` runs every bench: without a lake there is nothing to do.
    let Ok(lake) = std::env::var("TRAILQL_BENCH_LAKE") else {
        println!("{USAGE}");
        return Ok(());
    };
    Runtime::new()?.block_on(measure(&storage::local(&lake)?, runs))
}

/// Measures each question, first and warm, and prints the medians.
async fn measure(lake: &Location, runs: usize) -> Result<(), Box<dyn Error>> {
    let warm = open(lake).await?;
    println!("{:<34} {:>10} {:>10} {:>9}", "trailql, median of runs, ms", "first", "warm", "rows");
    for question in questions::read(&warm).await? {
        // What the operating system holds of the files is the same for all measured runs.
        let rows: usize =
            questions::run(&warm, &question.sql).await?.iter().map(|batch| batch.num_rows()).sum();
        let (mut firsts, mut warms) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            let start = Instant::now();
            let fresh = open(lake).await?;
            questions::run(&fresh, &question.sql).await?;
            firsts.push(start.elapsed());
        }
        for _ in 0..runs {
            let start = Instant::now();
            questions::run(&warm, &question.sql).await?;
            warms.push(start.elapsed());
        }
        let (first, warm) = (milliseconds(firsts), milliseconds(warms));
        println!("{:<34} {first:>10.1} {warm:>10.1} {rows:>9}", question.name);
    }
    Ok(())
}

/// Opens lake and session, as a process does that has just begun.
async fn open(lake: &Location) -> Result<Session, Box<dyn Error>> {
    Ok(Session::new(Lake::open(lake, LOGS).await?, questions::MEMORY)?)
}

/// The median, in milliseconds.
fn milliseconds(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(0.0, |median| median.as_secs_f64() * 1_000.0)
}
