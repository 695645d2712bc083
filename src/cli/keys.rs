//! `trailql keys`

use std::path::PathBuf;

use arrow::datatypes::TimestampMicrosecondType;
use chrono::DateTime;
use chrono::Duration;
use chrono::Utc;
use clap::Args;
use clap::Subcommand;
use futures::TryStreamExt;

use crate::cli::Ending;
use crate::cli::open;
use crate::cli::parse;
use crate::cli::sql::Printing;
use crate::error::Error;
use crate::error::Result;
use crate::lake::Lake;
use crate::logs::LOGS;
use crate::output;
use crate::session::Session;
use crate::storage;
use crate::verify::keys;

#[derive(Debug, Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Ask CloudTrail for the public keys of the regions and times of the digests in the lake
    Fetch(Fetch),
    /// Take public keys from a file, as `aws cloudtrail list-public-keys` prints them
    Import(Import),
    /// Show the public keys in the lake
    #[command(after_help = "Example:\n  trailql keys list --format csv")]
    List(List),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  trailql keys fetch\n  trailql keys fetch --region eu-central-1 --since 2026-01-01"
)]
struct Fetch {
    /// Only this region (can be repeated); without it, the regions of the digests in the lake
    #[arg(long = "region", value_name = "REGION")]
    regions: Vec<String>,
    /// Keys that were used at or after this time; without it, from the oldest digest on
    #[arg(long, value_name = "T", value_parser = parse::time)]
    since: Option<DateTime<Utc>>,
    /// Keys that were used before this time; without it, until the newest digest
    #[arg(long, value_name = "T", value_parser = parse::time)]
    until: Option<DateTime<Utc>>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  aws cloudtrail list-public-keys --region eu-central-1 --start-time 2026-01-01 --end-time 2026-12-31 > keys.json\n  \
    trailql keys import keys.json --region eu-central-1"
)]
struct Import {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The region that was asked for them
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    printing: Printing,
}

/// What a query of these commands may use.
const MEMORY: usize = 1 << 28;
/// Keys are asked for from so long before the oldest digest until so long after the newest.
const AROUND: Duration = Duration::days(1);

pub(super) async fn run(arguments: Keys, lake: &str) -> Result<Ending> {
    match arguments.action {
        Action::Fetch(fetch) => run_fetch(fetch, lake).await,
        Action::Import(import) => {
            let shown = import.file.display().to_string();
            let text = std::fs::read_to_string(&import.file)
                .map_err(|error| Error::user(format!("cannot read {shown}")).caused_by(error))?;
            let keys = keys::read(&text, &shown, import.region.as_deref())?;
            // Keys may come before the logs do.
            let lake = Lake::open_or_create(&storage::open(lake).await?, LOGS).await?;
            let added = lake.add_keys(&keys).await?;
            super::print(&format!("keys  {} in {shown}, {added} new\n", keys.len()))?;
            Ok(Ending::Done)
        }
        Action::List(list) => {
            let session = Session::new(open(lake).await?, MEMORY)?;
            let query = "SELECT fingerprint, aws_region, valid_from, valid_until, source, added_at, value FROM keys \
                         ORDER BY aws_region, valid_from, fingerprint";
            for statement in Session::parse(query)? {
                let rows = session.run(statement).await?;
                let format = list.printing.format()?;
                output::write_as(rows, format, &list.printing.look(), &mut std::io::stdout()).await?;
            }
            Ok(Ending::Done)
        }
    }
}

async fn run_fetch(fetch: Fetch, lake: &str) -> Result<Ending> {
    let lake = open(lake).await?;
    let (mut regions, oldest, newest) = covered(&lake).await?;
    if !fetch.regions.is_empty() {
        regions = fetch.regions;
    }
    if regions.is_empty() {
        regions.extend(keys::region().await);
    }
    if regions.is_empty() {
        return Err(Error::user("there are no digests in the lake whose regions could be asked")
            .hinted("give --region, or ingest the folders CloudTrail-Digest first"));
    }
    let since = fetch.since.or(oldest.map(|oldest| oldest - AROUND)).unwrap_or(Utc::now() - AROUND);
    let until = fetch.until.or(newest.map(|newest| newest + AROUND)).unwrap_or_else(Utc::now);
    for region in &regions {
        let keys = keys::fetch(region, since, until).await?;
        let added = lake.add_keys(&keys).await?;
        super::print(&format!("keys  {region}: {} listed, {added} new\n", keys.len()))?;
    }
    Ok(Ending::Done)
}

/// The regions of the digests, the start of the oldest and the end of the newest.
async fn covered(lake: &Lake) -> Result<(Vec<String>, Option<DateTime<Utc>>, Option<DateTime<Utc>>)> {
    use arrow::array::Array;
    use arrow::array::AsArray;
    use arrow::compute::cast;
    use arrow::datatypes::DataType;

    let session = Session::new(lake.clone(), MEMORY)?;
    let query = "SELECT aws_region, min(start_time) AS oldest, max(end_time) AS newest FROM digests \
                 WHERE aws_region IS NOT NULL GROUP BY aws_region ORDER BY aws_region";
    let (mut regions, mut oldest, mut newest) = (Vec::new(), None, None);
    for statement in Session::parse(query)? {
        let mut rows = session.run(statement).await?;
        while let Some(batch) = rows.try_next().await? {
            let names =
                cast(batch.column(0), &DataType::Utf8).map_err(datafusion::error::DataFusionError::from)?;
            regions.extend(names.as_string::<i32>().iter().flatten().map(str::to_owned));
            let times = |place: usize| {
                let column = batch.column(place).as_primitive_opt::<TimestampMicrosecondType>();
                let values: Vec<i64> = column
                    .into_iter()
                    .flat_map(|column| {
                        (0..column.len()).filter(|row| column.is_valid(*row)).map(|row| column.value(row))
                    })
                    .collect();
                values
            };
            oldest = times(1).into_iter().chain(oldest).min();
            newest = times(2).into_iter().chain(newest).max();
        }
    }
    let time = |micros: Option<i64>| micros.and_then(DateTime::from_timestamp_micros);
    Ok((regions, time(oldest), time(newest)))
}
