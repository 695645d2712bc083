//! `trailql expire`

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::IsTerminal;

use chrono::DateTime;
use chrono::NaiveDate;
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
use crate::lake::upkeep::Expiry;
use crate::lake::upkeep::Means;
use crate::lake::upkeep::TARGET;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  trailql expire --before 400d\n  trailql expire --before 2025-01-01 --account 111122223333\n  \
    trailql expire --before 400d --hold case-7 --yes\n\n\
    Whole days go; rows without a date stay. Holds (`trailql hold`) win over any rule.\n\
    The rows are gone from queries at once, and from disk when `trailql vacuum` finds them older than its grace period.\n\
    The ledger `sources` keeps listing the objects, so that no ingest brings them back."
)]
pub(super) struct Expire {
    /// Remove days that ended before this time: 2025-01-01, 400d
    #[arg(long, value_name = "T", value_parser = parse::time)]
    before: DateTime<Utc>,
    /// Only the rows of this account
    #[arg(long, value_name = "ID", value_parser = parse::account)]
    account: Option<String>,
    /// Remove nothing unless this hold stands (can be repeated)
    #[arg(long = "hold", value_name = "NAME")]
    holds: Vec<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// The memory to stay within
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = parse::size)]
    memory: usize,
}

pub(super) async fn run(arguments: Expire, lake: &str) -> Result<Ending> {
    let lake = open(lake).await?;
    let standing: BTreeSet<String> = lake.holds().await?.into_iter().map(|hold| hold.name).collect();
    if let Some(missing) = arguments.holds.iter().find(|name| !standing.contains(*name)) {
        return Err(Error::user(format!("there is no hold {missing}, so nothing is removed"))
            .hinted("`trailql hold list` shows those that stand, `trailql hold add` makes one"));
    }
    let expire = upkeep::Expire {
        before: arguments.before,
        account: arguments.account,
        target: TARGET,
        means: Means { memory: arguments.memory, ..Means::default() },
    };
    let plan = lake.expiry(&expire).await?;
    let text: String = plan.iter().map(|expiry| describe(expiry, &expire)).collect();
    super::print(&text)?;
    if plan.iter().all(|expiry| expiry.days.is_empty() && expiry.partly.is_empty()) {
        super::print("nothing to remove\n")?;
        return Ok(Ending::Done);
    }
    if !arguments.yes && !agreed()? {
        super::print("nothing was removed\n")?;
        return Ok(Ending::Done);
    }
    for expiry in lake.expire(&expire).await? {
        let rows = expiry.rows + expiry.rows_of_partly;
        super::print(&format!("{}: {} rows removed\n", expiry.table, HumanCount(rows)))?;
    }
    Ok(Ending::Done)
}

/// Asks on the terminal; without one, nobody can agree.
fn agreed() -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::user("nobody can be asked whether to remove this, so nothing is removed")
            .hinted("give --yes where there is no terminal"));
    }
    super::print("Remove this? [y/N] ")?;
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Error::user("cannot read the answer").caused_by(error))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn describe(expiry: &Expiry, expire: &upkeep::Expire) -> String {
    let table = expiry.table;
    let mut text = String::new();
    let whose = expire.account.as_ref().map_or(String::new(), |account| format!(" of account {account}"));
    // Writing to a String cannot fail.
    if expiry.without_accounts {
        let _ = writeln!(text, "{table}: names no accounts, stays as it is");
    }
    if !expiry.days.is_empty() {
        let _ = writeln!(
            text,
            "{table}: {} goes: {} rows, {} files, {}",
            span(&expiry.days),
            HumanCount(expiry.rows),
            HumanCount(expiry.files as u64),
            BinaryBytes(expiry.bytes)
        );
    }
    if !expiry.partly.is_empty() {
        let which = if expire.account.is_some() { whose.as_str() } else { " that no hold keeps" };
        let _ = writeln!(text, "{table}: of {} the rows{which} go", span(&expiry.partly));
    }
    let mut by_hold = std::collections::BTreeMap::<&str, Vec<NaiveDate>>::new();
    for (day, names) in &expiry.held {
        names.iter().for_each(|name| by_hold.entry(name).or_default().push(*day));
    }
    for (hold, days) in by_hold {
        let _ = writeln!(text, "{table}: {} is held by {hold}", span(&days));
    }
    text
}

/// Days in a few words.
fn span(days: &[NaiveDate]) -> String {
    match days {
        [] => "nothing".to_owned(),
        [day] => day.to_string(),
        [first, .., last] => format!("{first} to {last} ({} days)", days.len()),
    }
}
