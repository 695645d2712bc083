//! The shell: a door to a lake for people who stay for hours, and for scripts.
//!
//! What is typed is SQL, which ends with a semicolon, or a command, which begins with a dot or a backslash. The list
//! [`commands::COMMANDS`] gives help, completion and dispatch. To add a command, write one entry in a file of
//! `commands/` and name it in the list.

mod chart;
mod commands;
mod complete;
mod editor;
mod history;
mod measure;
mod names;
mod out;
mod paint;
mod recent;
mod run;
mod settings;
mod shell;
mod words;

use std::sync::Arc;
use std::sync::RwLock;

use tokio::runtime::Handle;

use crate::error::Error;
use crate::error::Result;
use crate::output::Format;
use crate::session::Session;
use editor::Prompt;
use editor::Typed;
use settings::Expanded;
use settings::Settings;
use shell::Flow;
use shell::Shell;
use words::Input;

/// How a shell begins.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How results are printed.
    pub format: &'static Format,
    /// The most rows of a table; as many as fit the screen, if it is not said.
    pub max_rows: Option<usize>,
    /// Whether csv must not hold what a spreadsheet would take for a formula.
    pub csv_safe: bool,
    /// What queries may use, in bytes.
    pub memory: usize,
}

impl Shell {
    fn new(session: Session, options: Options, watched: bool, workers: Handle) -> Self {
        let settings = Settings {
            format: options.format,
            expanded: Expanded::Off,
            rows: options.max_rows,
            widest: None,
            null: None,
            timer: false,
            pager: true,
            csv_safe: options.csv_safe,
            output: None,
            once: None,
        };
        let names = Arc::new(RwLock::default());
        let memory = options.memory;
        Self { session, settings, recent: None, names, watched, workers, memory, depth: 0, printed: false }
    }

    /// What stands before the cursor: what narrows the session, if anything does.
    fn prompt(&self) -> String {
        match self.session.narrowing() {
            narrowing if narrowing.is_empty() => "trailql> ".to_owned(),
            narrowing => format!("trailql [{narrowing}]> "),
        }
    }
}

/// Reads and does what somebody types at a terminal, until they leave.
///
/// # Errors
/// The terminal cannot be used, or the session is broken. What fails in between is told, and the shell goes on.
pub async fn interactive(session: Session, options: Options) -> Result<()> {
    // Ctrl-C is for queries. Whoever hears it first, it must not end the shell.
    tokio::spawn(async { while tokio::signal::ctrl_c().await.is_ok() {} });
    let workers = tokio::runtime::Builder::new_multi_thread()
        .thread_name("query")
        .enable_all()
        .build()
        .map_err(|error| Error::internal("cannot start threads").caused_by(error))?;
    let shell = Shell::new(session, options, true, workers.handle().clone());
    let ended = converse(shell).await;
    // A query that was stopped may still be about to notice; nobody waits for it.
    workers.shutdown_background();
    ended
}

/// Reads and does, until somebody leaves.
async fn converse(mut shell: Shell) -> Result<()> {
    shell.enter(shell.session.clone()).await?;
    let color = settings::color();
    let (mut prompt, trouble) = Prompt::open(Arc::clone(&shell.names), color)?;
    let lake = shell.session.lake().location().to_string();
    shell.note(&format!("trailql {} on {lake}; .help shows what there is", env!("CARGO_PKG_VERSION")));
    if let Some(trouble) = trouble {
        shell.complain(&trouble);
    }
    loop {
        let before = shell.prompt();
        // The runtime goes on while somebody thinks.
        let text = match tokio::task::block_in_place(|| prompt.read(&before, color))? {
            Typed::Text(text) => text,
            Typed::Dropped => continue,
            Typed::Left => return Ok(()),
        };
        match shell.obey(&text).await {
            Ok(Flow::On) => {}
            Ok(Flow::Quit) => return Ok(()),
            Err(error) => shell.complain(&error),
        }
    }
}

/// Does what stands in texts, one after the other, and stops at the first that fails.
///
/// All statements are parsed before the first is run.
///
/// # Errors
/// There is nothing to do, or something fails.
pub async fn script(
    session: impl AsyncFnOnce() -> Result<Session>,
    texts: &[String],
    options: Options,
) -> Result<()> {
    let mut results = 0;
    let mut inputs = 0;
    for text in texts {
        let (all, rows) = check(text)?;
        (inputs, results) = (inputs + all, results + rows);
    }
    if inputs == 0 {
        return Err(
            Error::user("there is no SQL to run").hinted("trailql sql \"SELECT count(*) FROM cloudtrail\"")
        );
    }
    if results > 1 && options.format.is_binary() {
        return Err(Error::user(format!(
            "{} holds one result, and these are {results} statements",
            options.format.name
        ))
        .hinted("run them one at a time"));
    }
    let mut shell = Shell::new(session().await?, options, false, Handle::current());
    for text in texts {
        if shell.obey(text).await? == Flow::Quit {
            break;
        }
    }
    Ok(())
}

/// Parses what stands in a text; counts what there is to do, and the statements among it.
fn check(text: &str) -> Result<(usize, usize)> {
    let (mut inputs, mut results) = (0, 0);
    let mut left = text;
    loop {
        let done = text.get(..text.len() - left.len()).unwrap_or_default();
        let (sql, rest) = match words::first(left) {
            Input::Nothing => return Ok((inputs, results)),
            Input::Command(_, rest) => {
                inputs += 1;
                left = rest;
                continue;
            }
            Input::Statement { sql, rest, .. } => (sql, rest),
            Input::Open(sql) => (sql, ""),
        };
        let statements =
            Session::parse(&shell::placed(done, sql)).map_err(|error| error.pointed_out(text))?;
        inputs += statements.len();
        results += statements.len();
        left = rest;
    }
}
