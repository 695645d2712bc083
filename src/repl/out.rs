//! Where results go: the screen, through a pager where they are longer than it, or a file.

use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use indicatif::ProgressBar;

use crate::error::Error;
use crate::error::Result;

/// What is known to both ends of a running query.
#[derive(Debug, Default)]
pub(super) struct Link {
    /// Set when the reader wants no more.
    stopped: AtomicBool,
    /// Set when output owns the screen.
    started: AtomicBool,
}

impl Link {
    /// Lets no more bytes out.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    /// Tells whether output has begun on the screen.
    pub(super) fn has_started(&self) -> bool {
        self.started.load(Ordering::Acquire)
    }
}

/// Where bytes go.
pub(super) enum Out {
    /// Standard output.
    Plain(io::Stdout),
    /// A screen of so many rows; what is longer goes through the pager.
    Paged(Paged),
    /// A file.
    File(io::BufWriter<std::fs::File>),
    /// Nowhere: the rows that are kept are all that is wanted.
    Nowhere,
}

impl Out {
    /// Tells, while the output is written, whether a pager has the terminal.
    pub(super) fn paging(&self) -> Arc<AtomicBool> {
        match self {
            Self::Paged(paged) => Arc::clone(&paged.paging),
            _ => Arc::default(),
        }
    }
}

/// The way of a result to where it goes; clears the progress line before the first byte on the screen.
pub(super) struct Sink {
    pub(super) out: Out,
    pub(super) link: Arc<Link>,
    pub(super) progress: Option<ProgressBar>,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.link.stopped.load(Ordering::Acquire) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let on_screen = !matches!(self.out, Out::File(_) | Out::Nowhere) && !bytes.is_empty();
        if on_screen
            && !self.link.started.swap(true, Ordering::AcqRel)
            && let Some(progress) = &self.progress
        {
            progress.finish_and_clear();
        }
        match &mut self.out {
            Out::Plain(out) => out.write(bytes),
            Out::Paged(out) => out.write(bytes),
            Out::File(out) => out.write(bytes),
            Out::Nowhere => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Plain(out) => out.flush(),
            Out::Paged(_) | Out::Nowhere => Ok(()),
            Out::File(out) => out.flush(),
        }
    }
}

impl Sink {
    /// Writes what is left, and waits until the reader has left the pager.
    ///
    /// # Errors
    /// The bytes cannot be written.
    pub(super) fn finish(self) -> Result<()> {
        let ended = match self.out {
            Out::Plain(mut out) => out.flush(),
            Out::Paged(out) => out.finish(),
            Out::File(mut out) => out.flush(),
            Out::Nowhere => Ok(()),
        };
        ended.map_err(|error| Error::storage("cannot write the result").caused_by(error))
    }
}

/// Opens a file to write a result to.
///
/// # Errors
/// It cannot be written.
pub(super) fn file(path: &Path, append: bool) -> Result<Out> {
    let opened = OpenOptions::new().create(true).write(true).append(append).truncate(!append).open(path);
    let file =
        opened.map_err(|error| Error::user(format!("cannot write {}", path.display())).caused_by(error))?;
    Ok(Out::File(io::BufWriter::new(file)))
}

/// Output that waits until it is longer than the screen, and then goes through a pager.
pub(super) struct Paged {
    rows: usize,
    lines: usize,
    waiting: Vec<u8>,
    pager: Option<Child>,
    /// Set while a pager has the terminal, and Ctrl-C is the pager's.
    paging: Arc<AtomicBool>,
}

/// So many bytes wait at most, however few lines they are.
const MOST_WAITING: usize = 1 << 20;

impl Paged {
    /// Output on a screen of so many rows.
    pub(super) fn new(rows: usize) -> Self {
        Self { rows, lines: 0, waiting: Vec::new(), pager: None, paging: Arc::default() }
    }

    fn finish(mut self) -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(&self.waiting)?;
        out.flush()?;
        if let Some(mut pager) = self.pager.take() {
            // Closing its input tells the pager that this was all.
            drop(pager.stdin.take());
            pager.wait()?;
        }
        Ok(())
    }
}

impl Write for Paged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(input) = self.pager.as_mut().and_then(|pager| pager.stdin.as_mut()) {
            input.write_all(bytes)?;
            return Ok(bytes.len());
        }
        self.waiting.extend_from_slice(bytes);
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        if self.lines + 1 >= self.rows || self.waiting.len() > MOST_WAITING {
            let waiting = std::mem::take(&mut self.waiting);
            self.paging.store(true, Ordering::Release);
            self.pager = start();
            match self.pager.as_mut().and_then(|pager| pager.stdin.as_mut()) {
                Some(input) => input.write_all(&waiting)?,
                None => {
                    self.paging.store(false, Ordering::Release);
                    // Without a pager all goes to the screen, and is not looked at again.
                    self.rows = usize::MAX;
                    io::stdout().write_all(&waiting)?;
                }
            }
        }
        if self.rows == usize::MAX {
            io::stdout().write_all(&std::mem::take(&mut self.waiting))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Paged {
    /// A query that failed or was stopped leaves its pager to its reader.
    fn drop(&mut self) {
        if let Some(mut pager) = self.pager.take() {
            drop(pager.stdin.take());
            // Nothing can be done where it cannot be waited for.
            let _ = pager.wait();
        }
    }
}

/// Starts `$TRAILQL_PAGER`, else `$PAGER`, else `less`. An empty variable means no pager.
fn start() -> Option<Child> {
    let chosen = ["TRAILQL_PAGER", "PAGER"].into_iter().find_map(std::env::var_os);
    let command = match &chosen {
        Some(command) if command.is_empty() => return None,
        Some(command) => command.as_os_str(),
        None => std::ffi::OsStr::new("less"),
    };
    let mut pager = if chosen.is_some() {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(command);
        shell
    } else {
        Command::new(command)
    };
    // Quit where all fits, keep colours, cut long lines, leave the screen as it was.
    if std::env::var_os("LESS").is_none() {
        pager.env("LESS", "FRSX");
    }
    pager.stdin(Stdio::piped()).spawn().ok()
}
