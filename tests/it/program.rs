//! Runs the program `trailql` as a person would, in an environment that holds nothing else.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use serde_json::Value;

/// How a run ended and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The program, to be run in a folder.
pub(crate) fn trailql(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trailql"));
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Ended {
    trailql(folder, arguments).output().unwrap().into()
}

/// Runs the program to its end, with text or bytes on its standard input.
pub(crate) fn run_with_input(folder: &Path, arguments: &[&str], input: &[u8]) -> Ended {
    let mut command = trailql(folder, arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap().into()
}

/// Brings a source into a lake; gives the summary. Rejects are no failure.
pub(crate) fn ingest(folder: &Path, lake: &str, source: &str) -> String {
    let ended = run(folder, &["--lake", lake, "ingest", source]);
    assert!(matches!(ended.code, Some(0 | 3)), "{ended:?}");
    ended.out
}

/// The rows of a query.
pub(crate) fn rows(folder: &Path, lake: &str, query: &str) -> Vec<Value> {
    let ended = run(folder, &["--lake", lake, "sql", "--format", "ndjson", query]);
    assert_eq!(ended.code, Some(0), "{query}\n{}", ended.err);
    ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The number that a query of one row and one column gives.
pub(crate) fn number(folder: &Path, lake: &str, query: &str) -> u64 {
    let rows = rows(folder, lake, query);
    let value = rows.first().and_then(Value::as_object).and_then(|row| row.values().next());
    value.and_then(Value::as_u64).unwrap_or_else(|| panic!("{query} gives {rows:?}"))
}
