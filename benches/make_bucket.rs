//! Writes a generated CloudTrail bucket to a folder:
//! `cargo bench --bench make_bucket -- --events 2000000 --out /tmp/bucket`.
#![allow(clippy::print_stdout, reason = "a program for the command line that says what it wrote")]

#[path = "bucket/mod.rs"]
mod bucket;

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

const USAGE: &str =
    "make_bucket: --out FOLDER [--events N] [--seed N] [--days N] [--accounts N] [--threads N]";

fn main() -> Result<(), Box<dyn Error>> {
    let mut plan = bucket::Plan::default();
    let mut out = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            "--out" => out = Some(PathBuf::from(value()?)),
            "--events" => plan.events = value()?.parse()?,
            "--seed" => plan.seed = value()?.parse()?,
            "--days" => plan.days = value()?.parse()?,
            "--accounts" => plan.accounts = value()?.parse()?,
            "--threads" => plan.threads = value()?.parse()?,
            // Cargo says this to every bench.
            "--bench" => {}
            _ => return Err(format!("what is {argument}?\n{USAGE}").into()),
        }
    }
    // `cargo bench` runs every bench: without a folder there is nothing to do.
    let Some(out) = out else {
        println!("{USAGE}");
        return Ok(());
    };
    let start = Instant::now();
    let totals = bucket::write(&plan, &out)?;
    println!("{plan:?}\n{totals:?}\n{:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}
