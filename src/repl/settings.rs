//! What the reader has chosen: how results look and where they go.

use std::io::IsTerminal;
use std::path::Path;
use std::path::PathBuf;

use tokio::runtime::Handle;

use crate::error::Error;
use crate::error::Result;
use crate::output::Advice;
use crate::output::Format;
use crate::output::Look;
use crate::output::Screen;
use crate::repl::out;
use crate::repl::out::Out;
use crate::repl::out::Paged;
use crate::repl::run::Showing;

/// The most rows of a table where no screen says how many fit.
const ROWS: usize = 40;
/// The most rows of a table in a file.
const ROWS_IN_FILE: usize = 1_000;
/// What a table needs beside its rows: header, types, rule, notes, and the next prompt.
const LINES_AROUND: usize = 8;

/// What a table says to do in the shell.
const ADVICE: Advice = Advice { rows: ".maxrows N shows more", columns: "\\G or .expanded auto shows all" };

/// Whether a record is a row or a list of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expanded {
    On,
    Off,
    /// A list where the rows are wider than the screen.
    Auto,
}

/// The choices.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) format: &'static Format,
    pub(super) expanded: Expanded,
    /// The most rows of a table; as many as fit the screen, if it is not said.
    pub(super) rows: Option<usize>,
    pub(super) widest: Option<usize>,
    pub(super) null: Option<String>,
    pub(super) timer: bool,
    pub(super) pager: bool,
    pub(super) csv_safe: bool,
    /// Where all results go, and where the next one goes.
    pub(super) output: Option<PathBuf>,
    pub(super) once: Option<PathBuf>,
}

/// Files that are named otherwise than their format.
const ENDINGS: [(&str, &str); 4] =
    [("md", "markdown"), ("jsonl", "ndjson"), ("htm", "html"), ("txt", "table")];

/// The format that the ending of a file's name stands for.
pub(super) fn format_of(file: &Path) -> Option<&'static Format> {
    let ending = file.extension()?.to_str()?.to_ascii_lowercase();
    let name = ENDINGS.iter().find(|(short, _)| *short == ending).map_or(ending.as_str(), |(_, name)| name);
    Format::named(name)
}

/// The size of the terminal that standard output is, in columns and rows.
pub(super) fn terminal() -> Option<(usize, usize)> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let (rows, columns) = console::Term::stdout().size();
    Some((usize::from(columns), usize::from(rows)))
}

/// Tells whether colours are welcome on standard output.
pub(super) fn color() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

impl Settings {
    /// Tells whether the next result goes to a file.
    pub(super) fn writes_file(&self) -> bool {
        self.output.is_some() || self.once.is_some()
    }

    /// How the next result is shown, and where; `watched` tells whether somebody sits at the terminal.
    ///
    /// # Errors
    /// The file that it goes to cannot be written, or cannot hold it.
    pub(super) fn showing(&mut self, vertical: bool, watched: bool, workers: Handle) -> Result<Showing> {
        let once = self.once.take();
        if let Some(file) = once.as_ref().or(self.output.as_ref()) {
            let format = format_of(file).unwrap_or(self.format);
            let append = once.is_none();
            let holds = std::fs::metadata(file).is_ok_and(|found| found.len() > 0);
            if append && format.is_binary() && holds {
                return Err(Error::user(format!(
                    "{} holds a result already, and {format} holds one",
                    file.display()
                ))
                .hinted(".output another file, or .output alone for the screen"));
            }
            let max_rows = self.rows.unwrap_or(ROWS_IN_FILE);
            let screen = Screen { width: None, color: false, max_rows };
            let out = out::file(file, append)?;
            return Ok(Showing {
                format,
                look: self.look(screen, watched),
                out,
                if_wide: None,
                watched,
                workers,
            });
        }
        let terminal = terminal();
        let fitting = terminal.map(|(_, rows)| rows.saturating_sub(LINES_AROUND).max(10));
        let max_rows = self.rows.or(fitting.filter(|_| watched)).unwrap_or(ROWS);
        let screen = Screen { width: terminal.map(|(columns, _)| columns), color: color(), max_rows };
        let records =
            Format::named("vertical").ok_or_else(|| Error::internal("there is no format vertical"))?;
        let table = self.format.name == "table";
        let format = if vertical || (table && self.expanded == Expanded::On) { records } else { self.format };
        if format.is_binary() && terminal.is_some() {
            return Err(Error::user(format!("{format} is binary and standard output is a terminal"))
                .hinted(format!(".once result.{format} writes the next result to a file")));
        }
        let if_wide =
            (table && !vertical && self.expanded == Expanded::Auto && terminal.is_some()).then_some(records);
        Ok(Showing {
            format,
            look: self.look(screen, watched),
            out: self.screen(watched),
            if_wide,
            watched,
            workers,
        })
    }

    /// The way to the screen.
    pub(super) fn screen(&self, watched: bool) -> Out {
        match terminal() {
            Some((_, rows)) if watched && self.pager => Out::Paged(Paged::new(rows)),
            _ => Out::Plain(std::io::stdout()),
        }
    }

    fn look(&self, screen: Screen, watched: bool) -> Look {
        let mut look = Look::from(&screen);
        look.null.clone_from(&self.null);
        look.widest = self.widest;
        look.csv_safe = self.csv_safe;
        if watched {
            look.advice = ADVICE;
        }
        look
    }
}
