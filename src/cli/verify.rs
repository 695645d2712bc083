//! `trailql verify`

use chrono::DateTime;
use chrono::Utc;
use clap::Args;

use crate::cli::Ending;
use crate::cli::open;
use crate::cli::parse;
use crate::error::Error;
use crate::error::Result;
use crate::session::Session;
use crate::verify;
use crate::verify::Against;
use crate::verify::Range;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  trailql verify\n  trailql --lake ./case-7 verify --since 2026-09-14 --until 2026-09-18\n  \
    trailql verify --account 111122223333 --format json > integrity.json\n\n\
    Nothing is fetched: the lake has the digests, the hashes of the logs and the public keys (`trailql keys`).\n\
    Exit codes: 0 everything in the range is verified; 1 it could not be checked; 3 something is not verified.\n\
    In SQL: the table file_verdicts, and the view cloudtrail_verified with the rows of verified files only."
)]
pub(super) struct Verify {
    /// Only deliveries at or after this time: 2026-09-17, 2026-09-17T08:00:00Z, 7d, 24h
    #[arg(long, value_name = "T", value_parser = parse::time)]
    since: Option<DateTime<Utc>>,
    /// Only deliveries before this time
    #[arg(long, value_name = "T", value_parser = parse::time)]
    until: Option<DateTime<Utc>>,
    /// Only this account (can be repeated)
    #[arg(long = "account", value_name = "ID", value_parser = parse::account)]
    accounts: Vec<String>,
    /// Only this region (can be repeated)
    #[arg(long = "region", value_name = "REGION")]
    regions: Vec<String>,
    /// Fetch each verified log file from its source, and hash what lies there now
    #[arg(long)]
    download: bool,
    /// How the report is printed
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    format: String,
    /// The memory sorting may use before it spills to disk
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = parse::size)]
    memory: usize,
}

pub(super) async fn run(arguments: Verify, lake: &str) -> Result<Ending> {
    let range = Range {
        since: arguments.since,
        until: arguments.until,
        accounts: arguments.accounts,
        regions: arguments.regions,
    };
    if let Some((since, until)) = range.since.zip(range.until)
        && since >= until
    {
        return Err(Error::user(format!("--since {since} is not before --until {until}")));
    }
    let lake = open(lake).await?;
    let session = Session::new(lake.clone(), arguments.memory)?;
    let against = if arguments.download { Against::Sources } else { Against::Ledger };
    let report = verify::run(&lake, &session, &range, against, Utc::now()).await?;
    let text = match arguments.format.as_str() {
        "json" => format!("{:#}\n", report.json()),
        _ => report.text(),
    };
    super::print(&text)?;
    Ok(if report.is_whole() { Ending::Done } else { Ending::Rejected })
}
