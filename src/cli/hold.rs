//! `trailql hold`

use std::fmt::Write as _;

use chrono::DateTime;
use chrono::Utc;
use clap::Args;
use clap::Subcommand;

use crate::cli::Ending;
use crate::cli::open;
use crate::cli::parse;
use crate::error::Result;
use crate::lake::upkeep;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  trailql hold add case-7 --from 2026-09-01 --to 2026-09-30\n  \
    trailql hold add case-8 --from 2026-01-01 --to 2026-12-31 --account 111122223333\n  trailql hold list\n  trailql hold release case-7\n\n\
    What a hold covers is not removed by `trailql expire`, whatever the rule.")]
pub(super) struct Hold {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Hold a range of days, both ends included
    #[command(
        after_help = "Example:\n  trailql hold add case-7 --from 2026-09-01 --to 2026-09-30 --account 111122223333"
    )]
    Add(Add),
    /// List the holds
    #[command(after_help = "Example:\n  trailql hold list")]
    List,
    /// Release a hold; what it kept can expire from then on
    #[command(after_help = "Example:\n  trailql hold release case-7")]
    Release {
        /// The name of the hold
        name: String,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// A name: letters, digits, and - _ .
    name: String,
    /// The first day: 2026-09-01, 30d
    #[arg(long, value_name = "T", value_parser = parse::time)]
    from: DateTime<Utc>,
    /// The last day
    #[arg(long, value_name = "T", value_parser = parse::time)]
    to: DateTime<Utc>,
    /// Only the rows of this account, and rows that name none
    #[arg(long, value_name = "ID", value_parser = parse::account)]
    account: Option<String>,
}

pub(super) async fn run(arguments: Hold, lake: &str) -> Result<Ending> {
    let lake = open(lake).await?;
    match arguments.action {
        Action::Add(add) => {
            let hold = upkeep::Hold {
                name: add.name,
                from: add.from.date_naive(),
                to: add.to.date_naive(),
                account: add.account,
                since: Utc::now(),
            };
            lake.add_hold(&hold).await?;
            super::print(&line(&hold))?;
        }
        Action::List => {
            let holds = lake.holds().await?;
            let text: String = holds.iter().map(line).collect();
            super::print(if text.is_empty() { "no holds\n" } else { &text })?;
        }
        Action::Release { name } => {
            lake.release_hold(&name).await?;
            super::print(&format!("{name} is released\n"))?;
        }
    }
    Ok(Ending::Done)
}

/// A hold in a line.
pub(super) fn line(hold: &upkeep::Hold) -> String {
    let mut text = format!("{}: {} to {}", hold.name, hold.from, hold.to);
    if let Some(account) = &hold.account {
        // Writing to a String cannot fail.
        let _ = write!(text, ", account {account}");
    }
    text + "\n"
}
