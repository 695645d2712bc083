//! `trailql sql`

use std::io::IsTerminal;
use std::io::Read;
use std::path::PathBuf;

use clap::Args;

use crate::cli::Ending;
use crate::cli::at::AsOf;
use crate::cli::open;
use crate::cli::parse;
use crate::cli::registry;
use crate::cli::screen;
use crate::error::Error;
use crate::error::Result;
use crate::output;
use crate::output::FORMATS;
use crate::output::Format;
use crate::session::Session;

/// How the rows of a result are printed.
#[derive(Debug, Args)]
pub(super) struct Printing {
    /// How rows are printed: a table on a terminal, csv in a pipe, unless given
    #[arg(long, value_name = "FORMAT", value_parser = FORMATS.iter().map(|format| format.name).collect::<Vec<_>>())]
    format: Option<String>,
    /// The most rows a table shows; the middle is hidden
    #[arg(long, value_name = "N", default_value_t = 40)]
    max_rows: usize,
}

impl Printing {
    /// The format to print in.
    pub(super) fn format(&self) -> Result<&'static Format> {
        let terminal = std::io::stdout().is_terminal();
        let format = self.format_or(if terminal { "table" } else { "csv" })?;
        let name = format.name;
        if format.is_binary() && terminal {
            return Err(Error::user(format!("{name} is binary and standard output is a terminal"))
                .hinted(format!("write it to a file: --format {name} > result.{name}")));
        }
        Ok(format)
    }

    /// The format that was asked for, else the one of this name; not for a terminal.
    pub(super) fn format_or(&self, name: &str) -> Result<&'static Format> {
        let name = self.format.as_deref().unwrap_or(name);
        Format::named(name).ok_or_else(|| Error::internal(format!("there is no format {name}")))
    }

    /// Tells whether a format was asked for.
    pub(super) fn is_chosen(&self) -> bool {
        self.format.is_some()
    }

    /// The most rows a table shows.
    pub(super) fn max_rows(&self) -> usize {
        self.max_rows
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  trailql sql \"SELECT * FROM cloudtrail ORDER BY event_time DESC LIMIT 100\"\n  \
    trailql sql --format json \"SELECT event FROM cloudtrail_json WHERE event_id = '...'\"\n  \
    trailql sql -f questions.sql\n  echo 'SELECT count(*) FROM cloudtrail' | trailql sql\n\n\
    Tables: cloudtrail, s3_access, sources, rejects; views: cloudtrail_json, s3_access_raw, reports.<name> (`SELECT * FROM reports` lists those). JSON columns take ->> as in request_parameters->>'userName'.\n\
    Whole answers: SELECT * FROM activity('who'), assume_chain('who'), search('text').\n\
    Columns: trailql sql \"DESCRIBE cloudtrail\"; functions: trailql sql \"SELECT routine_name, description FROM information_schema.routines\""
)]
pub(super) struct Sql {
    /// The statements, separated by semicolons; standard input if neither this nor -f is given
    #[arg(value_name = "QUERY", conflicts_with = "file")]
    query: Option<String>,
    /// Read the statements from a file
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    as_of: AsOf,
    /// The memory queries may use before they spill to disk
    #[arg(long, value_name = "SIZE", default_value = "4GiB", value_parser = parse::size)]
    memory: usize,
}

pub(super) async fn run(arguments: Sql, lake: &str, folders: &[String]) -> Result<Ending> {
    let text = text(&arguments)?;
    let format = arguments.printing.format()?;
    let statements = Session::parse(&text)?;
    if statements.is_empty() {
        return Err(
            Error::user("there is no SQL to run").hinted("trailql sql \"SELECT count(*) FROM cloudtrail\"")
        );
    }
    if statements.len() > 1 && format.is_binary() {
        return Err(Error::user(format!(
            "{} holds one result, and these are {} statements",
            format.name,
            statements.len()
        ))
        .hinted("run them one at a time"));
    }
    let registry = registry(folders).await?;
    registry.problems().for_each(|problem| super::warn(&problem));
    let lake = open(lake).await?;
    let session = Session::with_reports(lake.clone(), arguments.memory, registry)?;
    let session = arguments.as_of.pin(session, &lake).await?;
    for (place, statement) in statements.into_iter().enumerate() {
        if place > 0 {
            super::print("\n")?;
        }
        let rows = session.run(statement).await?;
        output::write(rows, format, &screen(arguments.printing.max_rows), &mut std::io::stdout()).await?;
    }
    Ok(Ending::Done)
}

fn text(arguments: &Sql) -> Result<String> {
    if let Some(query) = &arguments.query {
        return Ok(query.clone());
    }
    if let Some(file) = &arguments.file {
        return std::fs::read_to_string(file)
            .map_err(|error| Error::user(format!("cannot read {}", file.display())).caused_by(error));
    }
    if std::io::stdin().is_terminal() {
        return Err(
            Error::user("there is no SQL to run").hinted("trailql sql \"SELECT count(*) FROM cloudtrail\"")
        );
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Error::user("cannot read SQL from standard input").caused_by(error))?;
    Ok(text)
}
