//! `trailql vacuum`

use std::fmt::Write as _;

use chrono::Duration;
use chrono::Utc;
use clap::Args;
use indicatif::BinaryBytes;
use indicatif::HumanCount;

use crate::cli::Ending;
use crate::cli::open;
use crate::error::Error;
use crate::error::Result;
use crate::time;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  trailql vacuum --dry-run\n  trailql vacuum --grace 30d --log-retention 90d\n\n\
    Only files that trailql wrote are deleted. Snapshots within the grace period stay readable with --at.\n\
    A grace period shorter than the longest running ingest or query breaks those."
)]
pub(super) struct Vacuum {
    /// Keep what snapshots of this last time need: 7d, 24h
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = length)]
    grace: Duration,
    /// Keep the tables' logs of this last time, at least a day; not less than the grace period
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = length)]
    log_retention: Duration,
    /// Only list what would be deleted
    #[arg(long)]
    dry_run: bool,
}

fn length(text: &str) -> Result<Duration, String> {
    time::length(text).ok_or_else(|| "not a length of time: write 7d, 24h or 30m".to_owned())
}

pub(super) async fn run(arguments: Vacuum, lake: &str) -> Result<Ending> {
    let retention = arguments.log_retention;
    if retention < Duration::days(1) || retention < arguments.grace {
        return Err(Error::user("--log-retention is shorter than a day or than the grace period")
            .hinted("the log says what is in the snapshots that the grace period keeps"));
    }
    let lake = open(lake).await?;
    let sweep = lake.garbage(arguments.grace).await?;
    let bytes = BinaryBytes(sweep.garbage.iter().map(|file| file.size).sum());
    let count = HumanCount(sweep.garbage.len() as u64);
    let strange = sweep.strange;
    let mut text = String::new();
    if arguments.dry_run {
        for file in &sweep.garbage {
            // Writing to a String cannot fail.
            let _ =
                writeln!(text, "{}\t{}\t{}", file.url, file.size, file.modified.format("%Y-%m-%dT%H:%M:%SZ"));
        }
        let _ = writeln!(text, "{count} files, {bytes} would be deleted");
    } else {
        lake.sweep(sweep).await?;
        let logs = lake.clean_logs(Utc::now() - retention).await?;
        let _ = writeln!(
            text,
            "{count} files, {bytes}, and {} files of table logs deleted",
            HumanCount(logs as u64)
        );
    }
    if strange > 0 {
        let _ = writeln!(text, "{} files that trailql did not write stay", HumanCount(strange));
    }
    super::print(&text)?;
    Ok(Ending::Done)
}
