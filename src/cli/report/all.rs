//! `trailql report run --all`: every report into a file of its own, where it finds something.

use std::fs::File;
use std::io::BufWriter;
use std::io::IsTerminal;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt;
use indicatif::HumanCount;
use indicatif::ProgressBar;
use indicatif::ProgressStyle;

use crate::cli::Ending;
use crate::cli::report::index;
use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::output;
use crate::output::Format;
use crate::output::Look;
use crate::output::Screen;
use crate::reports::Report;
use crate::session::Session;

/// Files are for reading elsewhere: nothing is shortened.
pub(super) const WHOLE: Screen = Screen { width: None, color: false, max_rows: usize::MAX };

/// How one report ended.
pub(super) struct Run {
    pub(super) report: Arc<Report>,
    pub(super) outcome: Outcome,
}

pub(super) enum Outcome {
    /// So many rows are in a file, a path relative to the folder.
    Found(u64, String),
    Nothing,
    /// Its rows cannot be narrowed to what was asked for, and the rest was not asked for.
    Skipped(Error),
    Failed(Error),
}

pub(super) async fn run(
    session: &Session,
    narrowing: &[(String, String)],
    format: &'static Format,
    look: &Look,
    out: &str,
) -> Result<Ending> {
    let folder = Path::new(out);
    std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
    let asked: Vec<_> = session.reports().iter().filter(|report| report.is_view()).cloned().collect();
    let bar = progress(asked.len());
    let mut runs = Vec::new();
    for report in asked {
        bar.set_message(format!("{}/{}", report.group, report.name));
        let outcome = match one(session, &report, narrowing, (format, look), folder).await {
            Ok(outcome) => outcome,
            // A full disk is nothing that the next report could do better.
            Err(Failure::Disk(error)) => return Err(error),
            Err(Failure::Report(error)) => Outcome::Failed(named(&report, error)),
        };
        runs.push(Run { report, outcome });
        bar.inc(1);
    }
    bar.finish_and_clear();
    runs.sort_by(|left, right| {
        let severity = right.report.header.severity.cmp(&left.report.header.severity);
        severity.then_with(|| left.report.group.cmp(&right.report.group))
    });
    index::write(folder, &runs).await?;

    let broken: Vec<_> = session.reports().problems().collect();
    let failed = runs.iter().filter_map(|run| match &run.outcome {
        Outcome::Failed(error) => Some(error),
        _ => None,
    });
    let failed: Vec<_> = failed.chain(&broken).collect();
    super::super::print(&summary(&runs, failed.len(), folder))?;
    failed.iter().for_each(|error| super::super::complain(error));
    Ok(if failed.is_empty() { Ending::Done } else { Ending::Incomplete })
}

/// Says which report it was: an error of execution does not know.
fn named(report: &Report, error: Error) -> Error {
    if error.to_string().contains(&report.name) {
        return error;
    }
    let told = Error::new(error.kind(), format!("the report {}: {error}", report.name));
    match error.hint() {
        Some(hint) => told.hinted(hint.to_owned()),
        None => told,
    }
}

/// Whose fault it is that a report has no file.
enum Failure {
    Report(Error),
    Disk(Error),
}

async fn one(
    session: &Session,
    report: &Report,
    narrowing: &[(String, String)],
    (format, look): (&Format, &Look),
    folder: &Path,
) -> Result<Outcome, Failure> {
    let file = format!("{}/{}.{}", report.group, report.name, extension(format));
    let path = folder.join(&file);
    let partial = path.with_extension("partial");
    report.check().map_err(Failure::Report)?;
    let rows = match session.report(&report.name, narrowing).await {
        Ok(rows) => rows,
        Err(error) if error.kind() == Kind::User => return Ok(Outcome::Skipped(error)),
        Err(error) => return Err(Failure::Report(error)),
    };
    let Some(rows) = unless_empty(rows).await.map_err(Failure::Report)? else {
        // What an earlier run has found is not there any more.
        return match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Failure::Disk(unwritable(&path, error)))
            }
            _ => Ok(Outcome::Nothing),
        };
    };
    let disk = |error| Failure::Disk(unwritable(&path, error));
    std::fs::create_dir_all(folder.join(&report.group)).map_err(disk)?;
    let mut writer = BufWriter::new(File::create(&partial).map_err(disk)?);
    let written = output::write_as(rows, format, look, &mut writer).await;
    let count = match written {
        Ok(count) => count,
        Err(error) => {
            drop(writer);
            // The error that led here is the one to tell.
            let _ = std::fs::remove_file(&partial);
            let of_disk = std::error::Error::source(&error).is_some_and(|cause| cause.is::<std::io::Error>());
            return Err(if of_disk { Failure::Disk(error) } else { Failure::Report(error) });
        }
    };
    writer.flush().map_err(disk)?;
    std::fs::rename(&partial, &path).map_err(disk)?;
    Ok(Outcome::Found(count, file))
}

/// The stream as it was, if it has a row.
async fn unless_empty(mut rows: SendableRecordBatchStream) -> Result<Option<SendableRecordBatchStream>> {
    let schema = rows.schema();
    while let Some(batch) = rows.next().await {
        let batch = batch?;
        if batch.num_rows() > 0 {
            let whole = futures::stream::iter([Ok(batch)]).chain(rows);
            return Ok(Some(Box::pin(RecordBatchStreamAdapter::new(schema, whole))));
        }
    }
    Ok(None)
}

fn summary(runs: &[Run], failed: usize, folder: &Path) -> String {
    let mut text = String::new();
    for run in runs {
        if let Outcome::Found(rows, file) = &run.outcome {
            let rows = HumanCount(*rows).to_string();
            text += &format!(
                "{:<8}  {rows:>9}  {}  ({file})\n",
                run.report.header.severity, run.report.header.title
            );
        }
    }
    let found = runs.iter().filter(|run| matches!(run.outcome, Outcome::Found(..))).count();
    let nothing = runs.iter().filter(|run| matches!(run.outcome, Outcome::Nothing)).count();
    let skipped = runs.iter().filter(|run| matches!(run.outcome, Outcome::Skipped(_))).count();
    let unnarrowed = match skipped {
        0 => String::new(),
        _ => format!(" + {skipped} cannot be narrowed"),
    };
    let index: PathBuf = folder.join("index.html");
    text + &format!(
        "reports  {} = {found} found something + {nothing} found nothing{unnarrowed} + {failed} failed; see {}\n",
        found + nothing + skipped + failed,
        index.display()
    )
}

fn progress(reports: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(reports as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:20} {pos:>3} of {len}  {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

/// How files of a format are usually called.
fn extension(format: &Format) -> &'static str {
    match format.name {
        "table" | "vertical" => "txt",
        "markdown" => "md",
        name => name,
    }
}

pub(super) fn unwritable(path: &Path, error: std::io::Error) -> Error {
    Error::storage(format!("cannot write {}", path.display())).caused_by(error)
}
