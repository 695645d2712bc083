//! The audit log: one JSON object a line, for each query, each attempt to sign in, and each start and stop.
//!
//! **A full disk is not survived by forgetting.** What cannot be written stays in memory and is tried again, in
//! order; until it is written, no query is let in and the health service says so. Only beyond
//! [`MOST_PENDING`] lines (an attack on a server whose disk is full) lines are dropped; how many is then a line of
//! the log itself. A line is with the operating system once it is written: it survives the server, and not a power
//! cut.

use std::collections::VecDeque;
use std::fs::File;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::DateTime;
use chrono::SecondsFormat;
use serde::Serialize;

use crate::error::Error;
use crate::error::Result;

use super::Notices;

/// So many lines wait for a disk that is full.
const MOST_PENDING: usize = 10_000;

/// How often writing is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// One line.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Entry {
    /// When it was written down, ISO 8601.
    pub(super) time: String,
    /// `query`, `query_begun`, `sign_in`, `started`, `stopped`, `gap`.
    pub(super) event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<String>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<&'static str>,
    /// Why it ended so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rows: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<u64>,
    /// From when it was sent to its end, waiting included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seconds: Option<f64>,
    /// The part of them that it waited for a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) waited: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sql: Option<String>,
    /// The length of the whole text where `sql` is only its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sql_bytes: Option<usize>,
}

/// The time as the log writes it.
pub(super) fn time(since_1970: Duration) -> String {
    let micros = i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX);
    let time = DateTime::from_timestamp_micros(micros).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

enum Order {
    Write(Box<Entry>),
    Close,
}

/// Writes the log, on a thread of its own.
#[derive(Debug)]
pub(super) struct Audit {
    orders: mpsc::Sender<Order>,
    /// Everything that was given is written.
    whole: Arc<AtomicBool>,
    writer: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Audit {
    /// Opens the log at `path` for appending; makes it, for its owner only, if there is none.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn open(path: &Path, notices: Notices) -> Result<Self> {
        let log = Log::open(path).map_err(|error| {
            Error::storage(format!("cannot write the audit log {}", path.display())).caused_by(error)
        })?;
        let whole = Arc::new(AtomicBool::new(true));
        let (orders, received) = mpsc::channel();
        let state = Arc::clone(&whole);
        let writer = std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || write(log, &received, &state, &notices))
            .map_err(|error| Error::internal("cannot start the thread of the audit log").caused_by(error))?;
        Ok(Self { orders, whole, writer: std::sync::Mutex::new(Some(writer)) })
    }

    /// Hands over a line; does not wait until it is written.
    pub(super) fn note(&self, entry: Entry) {
        if self.orders.send(Order::Write(Box::new(entry))).is_err() {
            // The thread ended, which it does only when it is told to.
            self.whole.store(false, Ordering::Release);
        }
    }

    /// Tells whether everything that was given could be written so far.
    pub(super) fn is_whole(&self) -> bool {
        self.whole.load(Ordering::Acquire)
    }

    /// Writes what is left and closes the log; tells whether all could be written.
    pub(super) fn close(&self) -> bool {
        let _ = self.orders.send(Order::Close);
        if let Some(writer) = super::locked(&self.writer).take() {
            let _ = writer.join();
        }
        self.is_whole()
    }
}

/// The file, with what its last line needs.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    file: File,
    /// A line was written in part and could not be taken back.
    torn: bool,
}

impl Log {
    fn open(path: &Path) -> std::io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        // What a server that was killed has left in part must not swallow the next line.
        let torn = file.metadata()?.is_file() && ends_torn(path);
        Ok(Self { path: path.to_owned(), file, torn })
    }

    fn append(&mut self, line: &[u8]) -> std::io::Result<()> {
        self.follow()?;
        let before = self.file.metadata()?;
        let mut text = Vec::with_capacity(line.len() + 2);
        if self.torn {
            text.push(b'\n');
        }
        text.extend_from_slice(line);
        text.push(b'\n');
        match self.file.write_all(&text) {
            Ok(()) => {
                self.torn = false;
                Ok(())
            }
            Err(error) => {
                // Half a line would be none; if it cannot be taken back, the next begins on a line of its own.
                if before.is_file() && self.file.set_len(before.len()).is_err() {
                    self.torn = true;
                }
                Err(error)
            }
        }
    }

    /// Opens the file anew when it was moved away, as those do that rotate logs.
    fn follow(&mut self) -> std::io::Result<()> {
        let ours = self.file.metadata()?;
        let same = std::fs::metadata(&self.path)
            .is_ok_and(|there| (there.dev(), there.ino()) == (ours.dev(), ours.ino()));
        if !same {
            *self = Self::open(&self.path)?;
        }
        Ok(())
    }
}

/// Tells whether the file's last byte ends no line.
fn ends_torn(path: &Path) -> bool {
    use std::io::Read;
    use std::io::Seek;
    let last = || {
        let mut file = File::open(path).ok()?;
        file.seek(std::io::SeekFrom::End(-1)).ok()?;
        let mut byte = [0];
        file.read_exact(&mut byte).ok()?;
        Some(byte[0])
    };
    last().is_some_and(|byte| byte != b'\n')
}

fn write(mut log: Log, orders: &mpsc::Receiver<Order>, whole: &AtomicBool, notices: &Notices) {
    let mut pending: VecDeque<Vec<u8>> = VecDeque::new();
    let mut lost = 0_u64;
    let mut closing = false;
    loop {
        // While nothing is pending there is nothing to do but to wait for the next.
        let order = if closing {
            None
        } else if pending.is_empty() {
            orders.recv().ok()
        } else {
            match orders.recv_timeout(AGAIN) {
                Ok(order) => Some(order),
                Err(mpsc::RecvTimeoutError::Timeout) => None,
                Err(mpsc::RecvTimeoutError::Disconnected) => Some(Order::Close),
            }
        };
        match order {
            Some(Order::Write(entry)) if pending.len() < MOST_PENDING => pending.push_back(line(&entry)),
            Some(Order::Write(_)) => lost += 1,
            Some(Order::Close) => closing = true,
            None if pending.is_empty() => return,
            None => {}
        }
        let failure = loop {
            let Some(next) = pending.front() else { break None };
            if let Err(error) = log.append(next) {
                break Some(error);
            }
            pending.pop_front();
            if pending.is_empty() && lost > 0 {
                let reason = Some(format!("{lost} lines were lost while the log could not be written"));
                pending.push_back(line(&Entry { event: "gap", time: now(), reason, ..Entry::default() }));
                lost = 0;
            }
        };
        let was_whole = whole.swap(failure.is_none(), Ordering::AcqRel);
        if let Some(error) = failure {
            if was_whole || closing {
                let place = log.path.display();
                notices(
                    &Error::storage(format!(
                        "cannot write the audit log {place}, {} lines are not in it",
                        pending.len()
                    ))
                    .hinted("make room; no query is let in until then")
                    .caused_by(error),
                );
            }
            if closing {
                return;
            }
        }
    }
}

fn now() -> String {
    time(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default())
}

fn line(entry: &Entry) -> Vec<u8> {
    // Texts and numbers are always JSON.
    serde_json::to_vec(entry).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent() -> Notices {
        Arc::new(|_: &Error| {})
    }

    fn entry(number: u64) -> Entry {
        Entry { event: "query", rows: Some(number), sql: Some("SELECT '\n'".to_owned()), ..Entry::default() }
    }

    fn rows(path: &Path) -> Vec<u64> {
        let text = std::fs::read_to_string(path).unwrap();
        let line =
            |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["rows"].as_u64().unwrap();
        text.lines().map(line).collect()
    }

    #[test]
    fn lines_are_appended_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.ndjson");
        for round in 0..2 {
            let audit = Audit::open(&path, silent()).unwrap();
            audit.note(entry(round));
            assert!(audit.close());
        }
        assert_eq!(rows(&path), [0, 1]);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_torn_line_of_a_killed_server_swallows_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.ndjson");
        std::fs::write(&path, "{\"event\":\"que").unwrap();
        let audit = Audit::open(&path, silent()).unwrap();
        audit.note(entry(7));
        audit.close();
        let text = std::fs::read_to_string(&path).unwrap();
        let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(last["rows"], 7);
    }

    #[test]
    fn a_log_that_was_moved_away_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.ndjson");
        let mut log = Log::open(&path).unwrap();
        log.append(&line(&entry(1))).unwrap();
        std::fs::rename(&path, folder.path().join("audit.1")).unwrap();
        log.append(&line(&entry(2))).unwrap();
        assert_eq!(rows(&path), [2]);
        assert_eq!(rows(&folder.path().join("audit.1")), [1]);
    }

    /// `/dev/full` is a disk without room.
    #[test]
    fn a_full_disk_is_noticed_and_nothing_is_lost_once_there_is_room() {
        if !Path::new("/dev/full").exists() {
            println!("skipped: there is no /dev/full");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.ndjson");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let (told, heard) = mpsc::channel();
        let audit =
            Audit::open(&path, Arc::new(move |error: &Error| drop(told.send(error.to_string())))).unwrap();
        audit.note(entry(1));
        let notice = heard.recv().unwrap();
        assert!(notice.contains("cannot write the audit log"), "{notice}");
        audit.note(entry(2));
        assert!(!audit.is_whole());
        // Somebody makes room.
        std::fs::remove_file(&path).unwrap();
        audit.note(entry(3));
        assert!(audit.close());
        assert_eq!(rows(&path), [1, 2, 3]);
    }
}
