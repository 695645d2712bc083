//! The line that is typed: rustyline with completion, colours, hints, and Enter that goes on until a statement ends.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::PoisonError;

use rustyline::ColorMode;
use rustyline::CompletionType;
use rustyline::Config;
use rustyline::Context;
use rustyline::Editor;
use rustyline::Helper;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::CmdKind;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hint;
use rustyline::hint::Hinter;
use rustyline::hint::HistoryHinter;
use rustyline::history::FileHistory;
use rustyline::validate::ValidationContext;
use rustyline::validate::ValidationResult;
use rustyline::validate::Validator;

use crate::error::Error;
use crate::error::Result;
use crate::repl::complete;
use crate::repl::history;
use crate::repl::names::Shared;
use crate::repl::paint;
use crate::repl::words;
use crate::repl::words::Input;

/// What somebody did at the prompt.
pub(super) enum Typed {
    Text(String),
    /// Ctrl-C: the line is dropped.
    Dropped,
    /// Ctrl-D.
    Left,
}

/// The prompt.
pub(super) struct Prompt {
    editor: Editor<Assistant, FileHistory>,
    /// Where the history is kept, while that works.
    history: Option<PathBuf>,
}

impl Prompt {
    /// Opens the terminal and the history; says what is wrong with the latter, since one can work without it.
    ///
    /// # Errors
    /// The terminal cannot be used.
    pub(super) fn open(names: Shared, color: bool) -> Result<(Self, Option<Error>)> {
        let broken = |error: ReadlineError| Error::storage("cannot use the terminal").caused_by(error);
        let config = Config::builder()
            .max_history_size(history::ENTRIES)
            .and_then(|config| config.history_ignore_dups(true))
            .map_err(broken)?
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            .completion_prompt_limit(100)
            .color_mode(if color { ColorMode::Enabled } else { ColorMode::Disabled })
            .bracketed_paste(true)
            .build();
        let mut editor = Editor::with_config(config).map_err(broken)?;
        editor.set_helper(Some(Assistant { names, earlier: HistoryHinter::new() }));
        let mut prompt = Self { editor, history: history::place() };
        let trouble = prompt.recall().err();
        if trouble.is_some() {
            prompt.history = None;
        }
        Ok((prompt, trouble))
    }

    fn recall(&mut self) -> Result<()> {
        let Some(place) = &self.history else { return Ok(()) };
        history::prepare(place)?;
        if !place.exists() {
            return Ok(());
        }
        self.editor.load_history(place).map_err(|error| {
            Error::storage(format!("cannot read the history {}; this session keeps none", place.display()))
                .caused_by(error)
        })
    }

    /// Reads a statement or a command; blocks.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn read(&mut self, prompt: &str, color: bool) -> Result<Typed> {
        let styled = if color { format!("\x1b[1m{prompt}\x1b[0m") } else { prompt.to_owned() };
        match self.editor.readline(&(prompt, styled)) {
            Ok(text) => {
                self.keep(&text);
                Ok(Typed::Text(text))
            }
            Err(ReadlineError::Interrupted) => Ok(Typed::Dropped),
            Err(ReadlineError::Eof) => Ok(Typed::Left),
            Err(error) => Err(Error::storage("cannot read from the terminal").caused_by(error)),
        }
    }

    fn keep(&mut self, text: &str) {
        let text = text.trim_end();
        if text.is_empty() || !history::may_keep(text) {
            return;
        }
        // A history that cannot be written is no reason to stop an investigation.
        if self.editor.add_history_entry(text).unwrap_or(false)
            && let Some(place) = &self.history
        {
            let _ = self.editor.append_history(place);
        }
    }
}

/// What looks over the shoulder of who types.
struct Assistant {
    names: Shared,
    earlier: HistoryHinter,
}

impl Helper for Assistant {}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        Ok(complete::complete(line.get(..at).unwrap_or_default(), &names))
    }
}

/// What is shown behind the cursor.
struct Shown {
    text: String,
    /// Whether the right arrow takes it.
    takes: bool,
}

impl Hint for Shown {
    fn display(&self) -> &str {
        &self.text
    }

    fn completion(&self) -> Option<&str> {
        self.takes.then_some(self.text.as_str())
    }
}

impl Hinter for Assistant {
    type Hint = Shown;

    fn hint(&self, line: &str, at: usize, context: &Context<'_>) -> Option<Shown> {
        if at < line.len() || line.trim().is_empty() {
            return None;
        }
        if line.ends_with('\n') {
            return Some(Shown { text: "  a semicolon ends the statement".to_owned(), takes: false });
        }
        let earlier = self.earlier.hint(line, at, context)?;
        // A hint of several lines would push the line up.
        let text = earlier.lines().next().filter(|text| !text.is_empty())?.to_owned();
        Some(Shown { text, takes: true })
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _at: usize) -> Cow<'l, str> {
        paint::paint(line)
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[2m{hint}\x1b[0m"))
    }

    fn highlight_char(&self, _line: &str, _at: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let mut text = context.input();
        loop {
            match words::first(text) {
                Input::Open(_) => return Ok(ValidationResult::Incomplete),
                Input::Nothing => return Ok(ValidationResult::Valid(None)),
                Input::Command(_, rest) | Input::Statement { rest, .. } => text = rest,
            }
        }
    }
}
