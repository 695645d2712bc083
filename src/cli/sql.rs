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
use crate::output::FORMATS;
use crate::output::Format;
use crate::output::Look;
use crate::repl;
use crate::repl::Options;
use crate::session::Session;

/// How the rows of a result are printed.
#[derive(Debug, Args)]
pub(super) struct Printing {
    /// How rows are printed: a table on a terminal, csv in a pipe, unless given
    #[arg(long, value_name = "FORMAT", value_parser = FORMATS.iter().map(|format| format.name).collect::<Vec<_>>())]
    format: Option<String>,
    /// The most rows a table shows; the middle is hidden [default: 40, in the shell as many as fit]
    #[arg(long, value_name = "N")]
    max_rows: Option<usize>,
    /// Make csv and tsv safe for spreadsheets: an apostrophe before text that they would take for a formula
    #[arg(long)]
    csv_safe: bool,
}

/// The most rows of a table, where nothing else is said.
const ROWS: usize = 40;

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

    /// How a result looks.
    pub(super) fn look(&self) -> Look {
        let mut look = Look::from(&screen(self.max_rows.unwrap_or(ROWS)));
        look.csv_safe = self.csv_safe;
        look
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  trailql sql \"SELECT * FROM cloudtrail ORDER BY event_time DESC LIMIT 100\"\n  \
    trailql sql --format json \"SELECT event FROM cloudtrail_json WHERE event_id = '...'\"\n  \
    trailql sql -f questions.sql\n  echo 'SELECT count(*) FROM cloudtrail' | trailql sql\n  trailql sql -c '.report user_activity who=alice'\n  trailql sql\n\n\
    Tables: cloudtrail, s3_access, sources, rejects; views: cloudtrail_json, s3_access_raw, reports.<name> (`SELECT * FROM reports` lists those). JSON columns take ->> as in request_parameters->>'userName'.\n\
    Whole answers: SELECT * FROM activity('who'), assume_chain('who'), search('text').\n\
    Columns: trailql sql \"DESCRIBE cloudtrail\"; functions: trailql sql \"SELECT routine_name, description FROM information_schema.routines\""
)]
pub(super) struct Sql {
    /// The statements, separated by semicolons; without them standard input, on a terminal the shell
    #[arg(value_name = "QUERY", conflicts_with = "file")]
    query: Option<String>,
    /// Run this and end, a statement or a command of the shell (can be repeated)
    #[arg(short, long = "command", value_name = "SQL", conflicts_with_all = ["query", "file"])]
    commands: Vec<String>,
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

/// The memory queries may use in a shell that nobody gave another size.
const MEMORY: usize = 4 << 30;

pub(super) async fn run(arguments: Sql, lake: &str, folders: &[String]) -> Result<Ending> {
    let printing = &arguments.printing;
    let options = Options {
        format: printing.format()?,
        max_rows: printing.max_rows,
        csv_safe: printing.csv_safe,
        memory: arguments.memory,
    };
    let asked = arguments.query.is_some() || arguments.file.is_some() || !arguments.commands.is_empty();
    if !asked && super::is_manned() {
        repl::interactive(session(lake, folders, options.memory, &arguments.as_of).await?, options).await?;
        return Ok(Ending::Done);
    }
    let as_of = arguments.as_of.clone();
    let texts = texts(arguments)?;
    repl::script(async || session(lake, folders, options.memory, &as_of).await, &texts, options).await?;
    Ok(Ending::Done)
}

/// The shell, for `trailql` alone.
pub(super) async fn shell(lake: &str, folders: &[String]) -> Result<Ending> {
    let format = Format::named("table").ok_or_else(|| Error::internal("there is no format table"))?;
    let options = Options { format, max_rows: None, csv_safe: false, memory: MEMORY };
    repl::interactive(session(lake, folders, MEMORY, &AsOf::default()).await?, options).await?;
    Ok(Ending::Done)
}

async fn session(lake: &str, folders: &[String], memory: usize, as_of: &AsOf) -> Result<Session> {
    let registry = registry(folders).await?;
    registry.problems().for_each(|problem| super::warn(&problem));
    let lake = open(lake).await?;
    as_of.pin(Session::with_reports(lake.clone(), memory, registry)?, &lake).await
}

/// What is to be run: the query, the commands, the file, or what comes on standard input.
fn texts(arguments: Sql) -> Result<Vec<String>> {
    if let Some(query) = arguments.query {
        return Ok(vec![query]);
    }
    if !arguments.commands.is_empty() {
        return Ok(arguments.commands);
    }
    if let Some(file) = &arguments.file {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Error::user(format!("cannot read {}", file.display())).caused_by(error))?;
        return Ok(vec![text]);
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
    Ok(vec![text])
}
