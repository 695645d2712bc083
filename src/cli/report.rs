//! `trailql report`

mod all;
mod index;
mod show;

use std::sync::Arc;

use chrono::DateTime;
use chrono::SecondsFormat;
use chrono::Utc;
use clap::Args;
use clap::Subcommand;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;

use crate::cli::Ending;
use crate::cli::at::AsOf;
use crate::cli::open;
use crate::cli::parse;
use crate::cli::registry;
use crate::cli::sql::Printing;
use crate::error::Error;
use crate::error::Result;
use crate::output;
use crate::output::Look;
use crate::reports;
use crate::reports::NARROWING;
use crate::session::Session;

#[derive(Debug, Args)]
pub(super) struct Report {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the reports by group
    List(List),
    /// Show what a report asks, its parameters, how to read it, and its SQL
    Show(Show),
    /// Run reports
    Run(Run),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  trailql report list\n  trailql report list --search \"access key\"\n  trailql report list --search T1098 --format csv"
)]
struct List {
    /// Only those that mention all the words: in name, title, description, notes or ATT&CK
    #[arg(long, value_name = "WORDS")]
    search: Option<String>,
    #[command(flatten)]
    printing: Printing,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  trailql report show root_console_sign_ins")]
struct Show {
    /// The name of a report
    name: String,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  trailql report run recent_instance_state_changes --since 7d --account 111122223333\n  \
    trailql report run user_activity --param who=alice --format json\n  \
    trailql report run root_console_sign_ins access_keys_created --since 2026-09-14\n  \
    trailql report run --all --since 30d --out ./findings\n\n\
    --since, --until, --account and --region set the parameter of that name, or else filter the rows of the report.\n\
    In SQL: SELECT * FROM reports.root_console_sign_ins, and with values\n  \
    SELECT * FROM report('user_activity', 'who=alice', 'since=7d')"
)]
struct Run {
    /// The names of reports
    #[arg(value_name = "NAME", required_unless_present = "all", conflicts_with = "all")]
    names: Vec<String>,
    /// A value for a parameter (can be repeated)
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = pair, conflicts_with = "all")]
    params: Vec<(String, String)>,
    /// Only events at or after this time: 2026-09-17, 2026-09-17T08:00:00Z, 7d, 24h
    #[arg(long, value_name = "T", value_parser = parse::time)]
    since: Option<DateTime<Utc>>,
    /// Only events before this time
    #[arg(long, value_name = "T", value_parser = parse::time)]
    until: Option<DateTime<Utc>>,
    /// Only this account
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Only this region
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Run every report whose parameters have defaults, and write what they find into files
    #[arg(long, requires = "out")]
    all: bool,
    /// The folder for the files of --all: GROUP/NAME.FORMAT, index.html and index.csv
    #[arg(long, value_name = "DIR", requires = "all")]
    out: Option<String>,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    as_of: AsOf,
    /// The memory queries may use before they spill to disk
    #[arg(long, value_name = "SIZE", default_value = "4GiB", value_parser = parse::size)]
    memory: usize,
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, as in --param who=alice")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

impl Run {
    /// What narrows every report, as values.
    fn narrowing(&self) -> Vec<(String, String)> {
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
        let values = [self.since.map(time), self.until.map(time), self.account.clone(), self.region.clone()];
        let named = NARROWING.into_iter().zip(values);
        named.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

pub(super) async fn run(arguments: Report, lake: &str, folders: &[String]) -> Result<Ending> {
    match arguments.action {
        Action::List(list) => run_list(&list, folders).await,
        Action::Show(show) => {
            let registry = registry(folders).await?;
            registry.problems().for_each(|problem| super::warn(&problem));
            super::print(&show::one(registry.find(&show.name)?))?;
            Ok(Ending::Done)
        }
        Action::Run(run) => run_some(run, lake, folders).await,
    }
}

async fn run_list(list: &List, folders: &[String]) -> Result<Ending> {
    let registry = registry(folders).await?;
    let wanted = list.search.as_deref().unwrap_or_default();
    let found: Vec<_> = registry.iter().filter(|report| report.mentions(wanted)).collect();
    if list.printing.is_chosen() {
        let rows = reports::catalogue(found.into_iter())?;
        let stream = futures::stream::iter([Ok(rows.clone())]);
        let stream = Box::pin(RecordBatchStreamAdapter::new(rows.schema(), stream));
        let format = list.printing.format()?;
        output::write_as(stream, format, &list.printing.look(), &mut std::io::stdout()).await?;
    } else {
        super::print(&show::list(&found, wanted))?;
    }
    registry.remarks().for_each(|remark| super::remark(&remark));
    for problem in registry.problems() {
        super::complain(&problem);
    }
    Ok(if registry.problems().next().is_some() { Ending::Incomplete } else { Ending::Done })
}

async fn run_some(run: Run, lake: &str, folders: &[String]) -> Result<Ending> {
    let registry = registry(folders).await?;
    let lake = open(lake).await?;
    let session = Session::with_reports(lake.clone(), run.memory, registry)?;
    let session = run.as_of.pin(session, &lake).await?;
    let narrowing = run.narrowing();
    if let Some(out) = &run.out {
        let look = Look { screen: all::WHOLE, ..run.printing.look() };
        return all::run(&session, &narrowing, run.printing.format_or("csv")?, &look, out).await;
    }
    session.reports().problems().for_each(|problem| super::warn(&problem));
    let format = run.printing.format()?;
    if run.names.len() > 1 && format.is_binary() {
        return Err(Error::user(format!(
            "{format} holds one result, and these are {} reports",
            run.names.len()
        ))
        .hinted("run them one at a time"));
    }
    let mut found = Vec::new();
    for name in &run.names {
        found.push(session.reports().find(name)?);
    }
    // A value is for those of the reports that declare it. One must: where none does, the first one tells.
    let declares =
        |report: &reports::Report, name: &str| report.header.params.iter().any(|param| param.name == name);
    let stray = |name: &str| !found.iter().any(|report| declares(report, name));
    let mut questions = Vec::new();
    for report in &found {
        let mut given = run.params.clone();
        given.retain(|(name, _)| declares(report, name) || stray(name));
        given.extend(narrowing.iter().cloned());
        // All are asked before the first is run: a wrong value should not come up after minutes.
        report.ask(&given)?;
        questions.push((Arc::clone(report), given));
    }
    for (place, (report, given)) in questions.iter().enumerate() {
        if questions.len() > 1 {
            let gap = if place > 0 { "\n" } else { "" };
            super::print(&format!("{gap}{}\n", report.header.title))?;
        }
        let rows = session.report(&report.name, given).await?;
        output::write_as(rows, format, &run.printing.look(), &mut std::io::stdout()).await?;
    }
    Ok(Ending::Done)
}
