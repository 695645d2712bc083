//! The index of a folder of results: `index.html` for people, `index.csv` for programs.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::array::RecordBatch;
use arrow::array::StringArray;
use arrow::array::UInt64Array;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;

use crate::cli::report::all::Outcome;
use crate::cli::report::all::Run;
use crate::cli::report::all::unwritable;
use crate::error::Error;
use crate::error::Result;
use crate::output;
use crate::output::Format;
use crate::output::Screen;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}\
td.n{text-align:right;font-variant-numeric:tabular-nums}small{color:#666}\
.critical,.high{color:#b00020;font-weight:600}.medium{color:#9a5b00}.low,.info{color:#555}";

/// Writes both files; the runs are in the order of the index.
pub(super) async fn write(folder: &Path, runs: &[Run]) -> Result<()> {
    let page = folder.join("index.html");
    std::fs::write(&page, html(runs)).map_err(|error| unwritable(&page, error))?;
    let list = folder.join("index.csv");
    let rows = rows(runs)?;
    let format = Format::named("csv").ok_or_else(|| Error::internal("there is no format csv"))?;
    let screen = Screen { width: None, color: false, max_rows: usize::MAX };
    let stream = futures::stream::iter([Ok(rows.clone())]);
    let mut bytes = Vec::new();
    output::write(
        Box::pin(RecordBatchStreamAdapter::new(rows.schema(), stream)),
        format,
        &screen,
        &mut bytes,
    )
    .await?;
    std::fs::write(&list, bytes).map_err(|error| unwritable(&list, error))
}

fn rows(runs: &[Run]) -> Result<RecordBatch> {
    let texts = |of: fn(&Run) -> Option<String>| -> ArrayRef {
        Arc::new(runs.iter().map(of).collect::<StringArray>())
    };
    let counts = runs.iter().map(|run| match run.outcome {
        Outcome::Found(rows, _) => Some(rows),
        Outcome::Nothing => Some(0),
        Outcome::Skipped(_) | Outcome::Failed(_) => None,
    });
    RecordBatch::try_from_iter([
        ("severity", texts(|run| Some(run.report.header.severity.to_string()))),
        ("group", texts(|run| Some(run.report.group.clone()))),
        ("name", texts(|run| Some(run.report.name.clone()))),
        ("title", texts(|run| Some(run.report.header.title.clone()))),
        ("rows", Arc::new(counts.collect::<UInt64Array>())),
        (
            "file",
            texts(|run| match &run.outcome {
                Outcome::Found(_, file) => Some(file.clone()),
                _ => None,
            }),
        ),
        (
            "error",
            texts(|run| match &run.outcome {
                Outcome::Skipped(error) | Outcome::Failed(error) => Some(error.to_string()),
                _ => None,
            }),
        ),
        ("mitre", texts(|run| Some(run.report.header.mitre.join(", ")).filter(|ids| !ids.is_empty()))),
    ])
    .map_err(|error| Error::internal("the index is no table").caused_by(error))
}

fn html(runs: &[Run]) -> String {
    let mut found = String::new();
    let mut failed = String::new();
    let mut nothing = String::new();
    for run in runs {
        let header = &run.report.header;
        let (title, about) = (escaped(&header.title), escaped(&header.description));
        // Writing to a String cannot fail.
        match &run.outcome {
            Outcome::Found(rows, file) => {
                let _ = writeln!(
                    found,
                    "<tr><td class=\"{0}\">{0}</td><td><a href=\"{1}\">{title}</a><br><small>{about}</small></td>\
                     <td>{2}</td><td>{3}</td><td class=\"n\">{rows}</td></tr>",
                    header.severity,
                    escaped(file),
                    escaped(&run.report.group),
                    escaped(&header.mitre.join(", ")),
                );
            }
            Outcome::Skipped(error) | Outcome::Failed(error) => {
                let _ = writeln!(failed, "<li>{title}: {}</li>", escaped(&error.to_string()));
            }
            Outcome::Nothing => {
                let _ = writeln!(nothing, "<li>{title} <small>{}</small></li>", escaped(&run.report.group));
            }
        }
    }
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>trailql reports</title>\n\
         <style>{STYLE}</style>\n<h1>Reports</h1>\n"
    );
    if !failed.is_empty() {
        let _ = writeln!(page, "<h2>No answer</h2>\n<ul>\n{failed}</ul>");
    }
    let _ = writeln!(
        page,
        "<table>\n<tr><th>Severity</th><th>Report</th><th>Group</th><th>ATT&amp;CK</th><th>Rows</th></tr>\n{found}</table>"
    );
    if !nothing.is_empty() {
        let _ = writeln!(page, "<details><summary>Found nothing</summary>\n<ul>\n{nothing}</ul></details>");
    }
    page + "</html>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
