//! `trailql compact`

use chrono::DateTime;
use chrono::Utc;
use clap::Args;
use indicatif::BinaryBytes;
use indicatif::HumanCount;

use crate::cli::Ending;
use crate::cli::open;
use crate::cli::parse;
use crate::error::Error;
use crate::error::Result;
use crate::lake::upkeep;
use crate::lake::upkeep::Compacted;
use crate::lake::upkeep::Due;
use crate::lake::upkeep::Means;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  trailql compact\n  trailql --lake s3://my-lake compact --before 2d --memory 512MiB\n\n\
    Ingests and queries may go on meanwhile. Days that would gain nothing are left alone, so it can be run again.\n\
    `ingest --follow` does it by itself. The files it replaces stay on disk until `trailql vacuum`."
)]
pub(super) struct Compact {
    /// Only days that ended before this time: 2026-09-17, 7d, 24h
    #[arg(long, value_name = "T", value_parser = parse::time)]
    before: Option<DateTime<Utc>>,
    /// The size of a file, about
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = parse::size)]
    target_size: usize,
    /// The memory to stay within; what does not fit is sorted on disk
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = parse::size)]
    memory: usize,
}

pub(super) async fn run(arguments: Compact, lake: &str) -> Result<Ending> {
    let lake = open(lake).await?;
    let compact = upkeep::Compact {
        due: arguments.before.map_or(Due::All, Due::Before),
        target: arguments.target_size as u64,
        means: Means { memory: arguments.memory, ..Means::default() },
    };
    let mut unsaid: Result<(), Error> = Ok(());
    let (mut files_before, mut files_after, mut groups) = (0, 0, 0);
    let outcome = lake.compact(&compact, |day| {
        if unsaid.is_ok() {
            unsaid = super::print(&line(day));
        }
        if day.done {
            groups += 1;
            files_before += day.files_before;
            files_after += day.files_after;
        }
    });
    outcome.await?;
    unsaid?;
    let total = match groups {
        0 => "nothing to compact\n".to_owned(),
        _ => format!("{} files became {}\n", HumanCount(files_before as u64), HumanCount(files_after as u64)),
    };
    super::print(&total)?;
    Ok(Ending::Done)
}

/// What became of a day, in a line.
pub(super) fn line(day: &Compacted) -> String {
    let name = match day.day {
        Some(date) => format!("{} {date}", day.table),
        None => day.table.to_owned(),
    };
    if !day.done {
        return format!("{name}: left alone, another process changed its files meanwhile\n");
    }
    format!(
        "{name}: {} files, {} became {} files, {}; {} rows\n",
        HumanCount(day.files_before as u64),
        BinaryBytes(day.bytes_before),
        HumanCount(day.files_after as u64),
        BinaryBytes(day.bytes_after),
        HumanCount(day.rows),
    )
}
