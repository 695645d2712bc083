//! The shell, driven through a pseudo-terminal as somebody drives it who sits there.
//!
//! Every step waits for what it must show, never for time. What is shown is read as a terminal shows it, so escape
//! sequences, redrawn lines and progress do not matter.

use std::io::Read;
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use expectrl::Expect;
use expectrl::session::OsSession;

use crate::program::run;
use crate::program::trailql;

mod pages;
mod typed;

/// What a slow machine may take for one step. Nothing waits for so long that is not broken.
const PATIENCE: Duration = Duration::from_secs(120);

/// A made lake of the bundled incident, the same for all tests of a folder.
fn demo() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let ended = run(folder.path(), &["demo", "--folder", "demo"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    folder
}

/// A shell at a terminal of some size.
struct Terminal {
    session: OsSession,
    screen: vt100::Parser,
    /// Everything that came, without escape sequences, since it was last looked for something.
    fresh: String,
    /// Everything that came, as it came.
    raw: Vec<u8>,
}

impl Terminal {
    fn open(folder: &Path) -> Self {
        Self::open_with(folder, (100, 40), &[])
    }

    fn open_with(folder: &Path, (columns, rows): (u16, u16), variables: &[(&str, &str)]) -> Self {
        let mut command = trailql(folder, &["--lake", "demo/lake"]);
        command
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env("TRAILQL_PAGER", "")
            .env("XDG_STATE_HOME", folder);
        command.envs(variables.iter().copied());
        Self::start(command, (columns, rows))
    }

    fn start(mut command: Command, (columns, rows): (u16, u16)) -> Self {
        // A terminal is all three; what `trailql` set for its standard input is for runs without one.
        command.stdin(std::process::Stdio::inherit());
        let mut session = OsSession::spawn(command).unwrap();
        session.set_expect_timeout(Some(PATIENCE));
        session.get_process_mut().set_window_size(columns, rows).unwrap();
        let screen = vt100::Parser::new(NonZero::new(rows).unwrap(), NonZero::new(columns).unwrap(), 1_000);
        let mut terminal = Self { session, screen, fresh: String::new(), raw: Vec::new() };
        terminal.wait_for("trailql> ");
        terminal
    }

    fn send(&mut self, keys: &str) {
        self.session.send(keys).unwrap();
    }

    /// Types a line, and gives all that is shown until the next prompt.
    fn ask(&mut self, line: &str) -> String {
        self.send(line);
        self.send("\r");
        self.prompt()
    }

    /// Waits until there is an empty prompt on a new line, and gives all that was shown before.
    fn prompt(&mut self) -> String {
        while !ends_with_prompt(&self.fresh) {
            self.pump();
        }
        std::mem::take(&mut self.fresh)
    }

    /// Waits until a text was shown.
    fn wait_for(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.fresh.find(text) {
                let rest = self.fresh.split_off(at + text.len());
                return std::mem::replace(&mut self.fresh, rest);
            }
            self.pump();
        }
    }

    /// Waits until the screen shows a text.
    fn wait_on_screen(&mut self, text: &str) {
        while !self.screen.screen().contents().contains(text) {
            self.pump();
        }
    }

    /// Takes in what comes next.
    fn pump(&mut self) {
        let started = Instant::now();
        let mut bytes = [0; 4096];
        loop {
            match self.session.try_read(&mut bytes) {
                Ok(0) => panic!("the shell is gone; it showed\n{}", self.screen.screen().contents()),
                Ok(count) => {
                    self.screen.process(&bytes[..count]);
                    self.raw.extend_from_slice(&bytes[..count]);
                    self.fresh.push_str(&plain(&bytes[..count]));
                    return;
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    let shown = self.screen.screen().contents();
                    assert!(started.elapsed() < PATIENCE, "nothing more came after\n{shown}\n{}", self.fresh);
                    std::thread::yield_now();
                    std::thread::park_timeout(Duration::from_millis(5));
                }
                Err(error) => panic!("{error}; it showed\n{}", self.screen.screen().contents()),
            }
        }
    }

    /// Leaves, and waits for the end.
    fn leave(mut self) -> Vec<u8> {
        self.send("\u{4}");
        let mut rest = Vec::new();
        // A terminal whose program is gone answers with an error.
        let _ = self.session.read_to_end(&mut rest);
        self.raw.extend_from_slice(&rest);
        let ended = self.session.get_process().wait().unwrap();
        assert!(
            format!("{ended:?}").starts_with("Exited(") && format!("{ended:?}").ends_with(", 0)"),
            "{ended:?}"
        );
        self.raw
    }
}

/// Tells whether a text ends with a prompt behind which nothing was typed, on another line than it began.
fn ends_with_prompt(text: &str) -> bool {
    let Some((_, last)) = text.rsplit_once('\n') else { return false };
    // A progress line may have been on the line before.
    last.rfind("trailql").is_some_and(|at| {
        let prompt = &last[at..];
        prompt == "trailql> " || (prompt.starts_with("trailql [") && prompt.ends_with("]> "))
    })
}

/// Text without escape sequences and carriage returns.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\x1b' => {
                if chars.next() == Some('[') {
                    chars.by_ref().find(|char| char.is_ascii_alphabetic() || *char == '~');
                }
            }
            '\r' => {}
            char => plain.push(char),
        }
    }
    plain
}

/// The numbers of a result's only column, as shown.
fn number(shown: &str) -> u64 {
    let line = shown
        .lines()
        .find(|line| !line.is_empty() && line.chars().all(|it| it.is_ascii_digit() || it == ' '));
    line.unwrap_or_else(|| panic!("no number in {shown}")).trim().parse().unwrap()
}
