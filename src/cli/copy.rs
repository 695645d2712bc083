//! `trailql copy`

use chrono::DateTime;
use chrono::Utc;
use clap::Args;
use indicatif::BinaryBytes;
use indicatif::HumanCount;

use crate::cli::Ending;
use crate::cli::open;
use crate::cli::parse;
use crate::error::Result;
use crate::lake::upkeep::Means;
use crate::lake::upkeep::Part;
use crate::logs::LOGS;
use crate::storage;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  trailql copy ./case-7 s3://evidence/case-7\n  \
    trailql copy s3://lake ./case-8 --since 2026-09-01 --until 2026-10-01 --account 111122223333\n\n\
    All rows are read back from the new place, and their number and a hash of them compared with the origin's.\n\
    A part has whole days. Its ledger lists the objects that have events in that time and, with --account, name the account.")]
pub(super) struct Copy {
    /// The lake to copy
    from: String,
    /// The new place, where there is nothing yet
    to: String,
    /// Only days at or after this time
    #[arg(long, value_name = "T", value_parser = parse::time)]
    since: Option<DateTime<Utc>>,
    /// Only days before this time
    #[arg(long, value_name = "T", value_parser = parse::time)]
    until: Option<DateTime<Utc>>,
    /// Only this account
    #[arg(long, value_name = "ID", value_parser = parse::account)]
    account: Option<String>,
    /// The memory to stay within
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = parse::size)]
    memory: usize,
}

pub(super) async fn run(arguments: Copy) -> Result<Ending> {
    let lake = open(&arguments.from).await?;
    let to = storage::open(&arguments.to).await?;
    let part = Part {
        since: arguments.since.map(|time| time.date_naive()),
        until: arguments.until.map(|time| time.date_naive()),
        account: arguments.account,
    };
    let means = Means { memory: arguments.memory, ..Means::default() };
    let mut text = String::new();
    let outcome = lake.copy(&to, LOGS, &part, means, |table| {
        text += &format!(
            "{:<12} {} rows, {} files, {}, content {:032x}: equal\n",
            table.table,
            HumanCount(table.content.rows),
            HumanCount(table.files as u64),
            BinaryBytes(table.bytes),
            table.content.hash,
        );
    });
    outcome.await?;
    super::print(&text)?;
    Ok(Ending::Done)
}
