//! `trailql doctor`

use std::path::PathBuf;

use chrono::Duration;
use chrono::NaiveDate;
use chrono::Utc;
use clap::Args;
use clap::ValueEnum;

use crate::cli::Ending;
use crate::cli::configuration;
use crate::cli::open;
use crate::cli::print;
use crate::error::Result;
use crate::setup;
use crate::setup::Clients;
use crate::setup::Wanted;
use crate::setup::calls::By;
use crate::setup::discover::Purpose;
use crate::setup::doctor;
use crate::setup::doctor::Audit;
use crate::setup::doctor::Lake;
use crate::setup::doctor::Severity;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  trailql doctor\n  trailql --lake ./case-7 doctor --retention 400\n  \
    trailql doctor --format json --fail-on high\n\n\
    It only reads. Exit codes: 0 nothing as bad as --fail-on; 3 something is; 1 it could not look.")]
pub(super) struct Doctor {
    /// The region that is looked at first (default: that of the AWS settings)
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// The name that was given to setup
    #[arg(long, value_name = "NAME", default_value = "trailql")]
    name: String,
    /// How many days logs must be kept
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(i32).range(1..=36_500))]
    retention: i32,
    /// The least severity that fails
    #[arg(long, value_name = "SEVERITY", default_value = "low")]
    fail_on: Severity,
    /// How findings are printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Print the policy that doctor needs, and do nothing
    #[arg(long)]
    policy: bool,
    /// The file that setup has written (default: ~/.config/trailql/config.toml)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

pub(super) async fn run(arguments: Doctor, lake: &str) -> Result<Ending> {
    let wanted = Wanted { name: arguments.name.clone(), ..Wanted::default() };
    wanted.check()?;
    if arguments.policy {
        let region = arguments.region.clone().or_else(|| std::env::var("AWS_REGION").ok());
        let policy = setup::policy::policy(&wanted, region.as_deref(), &[By::Doctor]);
        print(&format!("{policy:#}\n"))?;
        return Ok(Ending::Done);
    }
    let clients = Clients::of_process(arguments.region.as_deref()).await?;
    let facts = setup::discover(&clients, wanted, Purpose::Doctor).await?;
    let path = configuration::path(arguments.config.as_deref());
    let followed = path.and_then(|path| configuration::read(&path)).unwrap_or_default();
    let audit = Audit {
        facts: &facts,
        retention: arguments.retention,
        queue: followed.and_then(|followed| followed.queue),
        lake: days(lake).await,
        now: Utc::now(),
    };
    let findings = doctor::findings(&audit);
    let text = match arguments.format {
        Format::Text => doctor::text(&findings, &facts),
        Format::Json => format!("{:#}\n", doctor::json(&findings)),
    };
    print(&text)?;
    let failed = findings.iter().any(|finding| finding.severity >= arguments.fail_on);
    Ok(if failed { Ending::Rejected } else { Ending::Done })
}

/// The days of the lake that have events; none if there is no lake.
async fn days(url: &str) -> Option<Lake> {
    let lake = open(url).await.ok()?;
    let snapshot = lake.snapshot();
    let (_, table) = snapshot.tables().find(|(name, _)| *name == "cloudtrail")?;
    let day = |day: i32| NaiveDate::default().checked_add_signed(Duration::days(day.into()));
    let days = table.days.keys().flatten().filter_map(|number| day(*number)).collect();
    Some(Lake { url: lake.location().to_string(), days })
}
