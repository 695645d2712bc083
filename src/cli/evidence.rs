//! `trailql evidence`

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use chrono::DateTime;
use chrono::Utc;
use clap::Args;

use crate::cli::Ending;
use crate::cli::open;
use crate::cli::parse;
use crate::cli::registry;
use crate::error::Error;
use crate::error::Result;
use crate::evidence;
use crate::evidence::Question;
use crate::session::Session;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  trailql evidence --out case-7.zip root_console_sign_ins access_keys_created\n  \
    trailql evidence --out case-7.zip user_activity --param who=alice\n  \
    trailql evidence --out case-7.zip \"SELECT * FROM cloudtrail_verified WHERE source_ip = '203.0.113.77' ORDER BY event_time, event_id\"\n\n\
    Run `trailql verify` first, so that the verdicts are in it. The same questions to the same lake give the same bytes."
)]
pub(super) struct Evidence {
    /// The archive to write
    #[arg(long, value_name = "FILE.zip")]
    out: PathBuf,
    /// Reports by name, and statements of SQL
    #[arg(value_name = "QUERY|REPORT", required = true)]
    questions: Vec<String>,
    /// A value for a parameter of those reports that declare it (can be repeated)
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = super::report::pair)]
    params: Vec<(String, String)>,
    /// What now() is in the questions; without it, when the newest object of the lake was ingested
    #[arg(long, value_name = "T", value_parser = parse::time)]
    now: Option<DateTime<Utc>>,
    /// The memory queries may use before they spill to disk
    #[arg(long, value_name = "SIZE", default_value = "4GiB", value_parser = parse::size)]
    memory: usize,
}

pub(super) async fn run(arguments: Evidence, lake: &str, folders: &[String]) -> Result<Ending> {
    let registry = registry(folders).await?;
    let lake = open(lake).await?;
    let session = Session::with_reports(lake.clone(), arguments.memory, registry)?;
    let mut questions = Vec::new();
    let mut used = vec![false; arguments.params.len()];
    for text in &arguments.questions {
        if text.trim().contains(char::is_whitespace) {
            questions.push(Question::Sql(text.clone()));
            continue;
        }
        let report = session.reports().find(text)?;
        let mut given = Vec::new();
        for ((name, value), used) in arguments.params.iter().zip(&mut used) {
            if report.header.params.iter().any(|param| param.name == *name) {
                *used = true;
                given.push((name.clone(), value.clone()));
            }
        }
        report.ask(&given)?;
        questions.push(Question::Report(report.name.clone(), given));
    }
    if let Some(((name, _), _)) = arguments.params.iter().zip(&used).find(|(_, used)| !**used) {
        return Err(Error::user(format!("none of the reports has a parameter {name}")));
    }
    let now = match arguments.now {
        Some(now) => now,
        None => evidence::present(&session).await?,
    };
    let shown = arguments.out.display().to_string();
    let failed = |error| Error::storage(format!("cannot write {shown}")).caused_by(error);
    // An archive that is there is whole: it gets its name when it is done.
    let partial = arguments.out.with_extension("zip.partial");
    let out = BufWriter::new(File::create(&partial).map_err(failed)?);
    let written = evidence::write(&session, &lake.location().to_string(), &questions, now, out).await;
    let written = match written {
        Ok(written) => written,
        Err(error) => {
            // What is left over is of no use; that it cannot be removed changes nothing.
            let _ = std::fs::remove_file(&partial);
            return Err(error);
        }
    };
    std::fs::rename(&partial, &arguments.out).map_err(failed)?;
    super::print(&format!(
        "{shown}: {} rows from {} source objects, {} parts\n",
        written.rows, written.sources, written.parts
    ))?;
    Ok(Ending::Done)
}
