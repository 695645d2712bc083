//! The command line: typed arguments get their meaning here, once, and results get printed.

use std::io::IsTerminal;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::CommandFactory;
use clap::Parser;
use clap::Subcommand;

use crate::error::Error;
use crate::error::Result;
use crate::lake::Lake;
use crate::logs::LOGS;
use crate::output;
use crate::output::Screen;
use crate::reports::Registry;
use crate::storage;

mod at;
mod compact;
mod configuration;
mod copy;
mod demo;
mod doctor;
mod evidence;
mod expire;
mod hold;
mod ingest;
mod keys;
mod parse;
mod report;
mod serve;
mod setup;
mod sql;
mod status;
mod user;
mod vacuum;
mod verify;

/// Turns AWS CloudTrail logs into a lake of Parquet files and answers questions over it in SQL.
#[derive(Debug, Parser)]
#[command(
    name = "trailql",
    version,
    max_term_width = 110,
    after_help = "Without a command it opens the shell.\n\nExamples:\n  trailql demo\n  trailql --lake ./case-7 ingest ./AWSLogs\n  \
                  trailql --lake ./case-7 sql \"SELECT event_name, count(*) FROM cloudtrail GROUP BY 1 ORDER BY 2 DESC LIMIT 10\"\n\n\
                  Exit codes: 0 done; 1 failed; 2 the command line is wrong; 3 done, but something was rejected (see `status`)"
)]
struct Arguments {
    /// Where the lake is: a path or a URL
    #[arg(long, global = true, env = "TRAILQL_LAKE", default_value = "./trailql-lake", value_name = "URL")]
    lake: String,
    /// A folder with reports of your own, beside ~/.config/trailql/reports (can be repeated)
    #[arg(long, global = true, value_name = "DIR")]
    reports: Vec<String>,
    /// The shell, where there is none
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a lake from a bundled incident and tell its story
    Demo(demo::Demo),
    /// Convert what is new in sources: folders, files, patterns, - for standard input
    Ingest(ingest::Ingest),
    /// Run SQL, or open the shell
    Sql(sql::Sql),
    /// List, show and run the saved questions
    Report(report::Report),
    /// Serve the lake to BI tools, over Arrow Flight SQL
    Serve(serve::Serve),
    /// Show what is in the lake: sources, rows, days, gaps, rejects
    Status(status::Status),
    /// Add, list and remove the users who may sign in to `serve`
    User(user::User),
    /// Prove by CloudTrail's digests that the logs are whole
    Verify(verify::Verify),
    /// Write answers, their sources and what proves them into an archive
    Evidence(evidence::Evidence),
    /// The public keys that digests are checked with
    Keys(keys::Keys),
    /// Merge the small files of each day into sorted ones of a good size
    Compact(compact::Compact),
    /// Remove days that are older than a rule allows
    Expire(expire::Expire),
    /// Hold days, so that no rule removes them
    Hold(hold::Hold),
    /// Delete files that no snapshot needs any more
    Vacuum(vacuum::Vacuum),
    /// Copy a lake, or a part of it, to another place
    Copy(copy::Copy),
    /// Set an AWS account up for logging: shows each step first, and can take it back
    Setup(setup::Setup),
    /// Audit an AWS account against what an investigation needs
    Doctor(doctor::Doctor),
}

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Done,
    /// Something was rejected, or could not be fetched; the summary has said so.
    Rejected,
    /// Part of the work failed; it has been said which.
    Incomplete,
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.command.is_none() && !is_manned() {
        // Nobody is there to talk to a shell. If nobody reads this either, the code tells.
        let _ = write!(std::io::stderr(), "{}", Arguments::command().render_help());
        return ExitCode::from(2);
    }
    match runtime().and_then(|runtime| runtime.block_on(run(arguments))) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Rejected) => ExitCode::from(3),
        Ok(Ending::Incomplete) => ExitCode::FAILURE,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Starts the threads. Each thread that runs blocking work keeps the memory it has used, so there are only as many
/// as the cores can keep busy, and some more that wait for files.
fn runtime() -> Result<tokio::runtime::Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(2 * cores + 4)
        .enable_all()
        .build()
        .map_err(|error| Error::internal("cannot start threads").caused_by(error))
}

async fn run(arguments: Arguments) -> Result<Ending> {
    let lake = &arguments.lake;
    let Some(command) = arguments.command else { return sql::shell(lake, &arguments.reports).await };
    match command {
        Command::Demo(demo) => demo::run(demo).await,
        Command::Ingest(ingest) => ingest::run(ingest, lake).await,
        Command::Sql(sql) => sql::run(sql, lake, &arguments.reports).await,
        Command::Report(report) => report::run(report, lake, &arguments.reports).await,
        Command::Serve(serve) => serve::run(serve, lake, &arguments.reports).await,
        Command::Status(status) => status::run(status, lake).await,
        Command::User(user) => user::run(user),
        Command::Verify(verify) => verify::run(verify, lake).await,
        Command::Evidence(evidence) => evidence::run(evidence, lake, &arguments.reports).await,
        Command::Keys(keys) => keys::run(keys, lake).await,
        Command::Compact(compact) => compact::run(compact, lake).await,
        Command::Expire(expire) => expire::run(expire, lake).await,
        Command::Hold(hold) => hold::run(hold, lake).await,
        Command::Vacuum(vacuum) => vacuum::run(vacuum, lake).await,
        Command::Copy(copy) => copy::run(copy).await,
        Command::Setup(setup) => setup::run(setup).await,
        Command::Doctor(doctor) => doctor::run(doctor, lake).await,
    }
}

/// Opens the lake for reading.
async fn open(lake: &str) -> Result<Lake> {
    Lake::open(&storage::open(lake).await?, LOGS).await
}

/// The bundled reports, and over them the user's own: of the folder in the home directory, and of those named.
async fn registry(folders: &[String]) -> Result<Arc<Registry>> {
    let mut registry = Registry::bundled();
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let config = variable("XDG_CONFIG_HOME").or_else(|| Some(variable("HOME")?.join(".config")));
    let home = config.map(|config| config.join("trailql/reports"));
    // Nobody has asked for the folder at home, so it need not be there, nor hold anything.
    if let Some(home) = home.filter(|home| home.is_dir()).as_deref().and_then(Path::to_str) {
        registry = registry.with_folder_if_any(home).await?;
    }
    for folder in folders {
        registry = registry.with_folder(folder).await?;
    }
    Ok(Arc::new(registry))
}

/// Says what is wrong with a report where the command goes on without it.
fn warn(error: &Error) {
    // A warning that nobody reads is no reason to fail.
    let _ = writeln!(
        std::io::stderr(),
        "warning: {}; the report is left out",
        output::visible_lines(&error.to_string())
    );
}

/// Says what looks like a slip where nothing is left out for it.
fn remark(error: &Error) {
    // A warning that nobody reads is no reason to fail.
    let _ = writeln!(std::io::stderr(), "warning: {}", output::visible_lines(&error.to_string()));
}

/// Prints an error with what caused it and what to do next.
fn complain(error: &Error) {
    // Nothing is left to do if even that cannot be written.
    let _ = writeln!(std::io::stderr(), "{}", output::visible_lines(&error.told()));
}

/// Writes text to standard output.
fn print(text: &str) -> Result<()> {
    // Reasons and names come from logs, and logs hold what attackers typed.
    std::io::stdout().write_all(output::visible_lines(text).as_bytes()).map_err(unwritable)
}

fn unwritable(error: std::io::Error) -> Error {
    Error::storage("cannot write the output").caused_by(error)
}

/// Tells whether somebody sits at a terminal, to type and to read.
fn is_manned() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// What standard output is: a terminal of some width, or not.
fn screen(max_rows: usize) -> Screen {
    let terminal = std::io::stdout().is_terminal();
    let width = terminal.then(|| usize::from(console::Term::stdout().size().1));
    let color = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    Screen { width, color, max_rows }
}
