//! Holds the shape of the source: who may use whom, how long a file may be, what may lie where.

use std::fmt::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

/// Who may use whom among the modules of the crate, in the order of `lib.rs`. What is not here is forbidden.
const ALLOWED: &[(&str, &[&str])] = &[
    ("dialect", &[]),
    ("error", &[]),
    ("time", &[]),
    ("logs", &["error"]),
    ("storage", &["error"]),
    ("functions", &["error", "logs"]),
    ("lake", &["error", "storage", "logs"]),
    ("ingest", &["error", "storage", "logs", "lake"]),
    ("reports", &["dialect", "error", "time", "storage"]),
    ("session", &["dialect", "error", "storage", "logs", "functions", "lake", "reports"]),
    ("output", &["error", "session"]),
    ("incident", &["error"]),
    // The doors: each may use everything but another door; the command line starts them.
    ("flight", &["dialect", "error", "logs", "functions", "lake", "reports", "session"]),
    ("evidence", &["error", "time", "lake", "reports", "session", "output"]),
    ("verify", &["error", "storage", "logs", "lake", "session"]),
    ("setup", &["error", "storage"]),
    ("repl", &["error", "time", "storage", "logs", "lake", "reports", "session", "output"]),
    (
        "cli",
        &[
            "error",
            "time",
            "storage",
            "logs",
            "functions",
            "lake",
            "ingest",
            "reports",
            "session",
            "output",
            "incident",
            "flight",
            "evidence",
            "verify",
            "setup",
            "repl",
        ],
    ),
];

/// Files longer than a file may be, and why.
const LONG_FILES: &[(&str, &str)] = &[];
const MAX_LINES: usize = 400;

/// What must not be said in some part of the source, and why.
const FORBIDDEN: &[(&str, &[&str], &str)] = &[
    (
        "src/logs",
        &["std::fs", "std::net", "std::io::stdin", "tokio", "object_store"],
        "logs does no I/O: bytes in, rows out",
    ),
    ("src/lake", &["std::fs", "tokio::fs"], "the lake lives in object stores only"),
    ("src", &["todo!", "dbg!", "unimplemented!", "#[ignore", "crate::{"], "house style"),
    ("tests", &["todo!", "dbg!", "unimplemented!", "#[ignore"], "house style"),
];

/// The top level of the repository, dotfiles aside.
const TOP_LEVEL: &[&str] =
    &["Cargo.toml", "Cargo.lock", "src", "sql", "tests", "benches", "README.md", "LICENSE"];

struct File {
    /// From the top of the repository.
    path: String,
    text: String,
}

impl File {
    /// The lines that are no tests, with their numbers.
    fn code(&self) -> Vec<(usize, &str)> {
        if self.path.ends_with("/tests.rs") || self.path.contains("/tests/") {
            return Vec::new();
        }
        let mut code = Vec::new();
        let mut end_of_tests = None;
        let mut lines = self.text.lines().enumerate().peekable();
        while let Some((index, line)) = lines.next() {
            if let Some(end) = &end_of_tests {
                if line == end {
                    end_of_tests = None;
                }
                continue;
            }
            let opens_block = |(_, next): &(usize, &str)| next.trim_end().ends_with('{');
            if line.trim() == "#[cfg(test)]" && lines.peek().is_some_and(opens_block) {
                let indentation = line.len() - line.trim_start().len();
                end_of_tests = Some(format!("{}}}", " ".repeat(indentation)));
                continue;
            }
            let is_comment = line.trim_start().starts_with("//");
            if !is_comment {
                code.push((index + 1, line));
            }
        }
        code
    }

    /// The top-level module it belongs to; none for the roots of the crate.
    fn module(&self) -> Option<&str> {
        let inner = self.path.strip_prefix("src/")?;
        let module = inner.split('/').next()?.trim_end_matches(".rs");
        (!matches!(module, "lib" | "main")).then_some(module)
    }
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str) -> Vec<File> {
    let mut folders = vec![top().join(folder)];
    let mut paths: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let file = |path: PathBuf| File {
        path: path.strip_prefix(top()).unwrap().to_str().unwrap().to_owned(),
        text: std::fs::read_to_string(path).unwrap(),
    };
    paths.into_iter().map(file).collect()
}

/// The modules that a line names after `crate::`.
fn named_modules(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("crate::").filter_map(move |(at, found)| {
        // `$crate::` and `other_crate::` are something else.
        let before = line[..at].chars().next_back();
        let own = before.is_none_or(|letter| !letter.is_alphanumeric() && !matches!(letter, '_' | '$'));
        let rest = &line[at + found.len()..];
        let end = rest.find(|letter: char| !letter.is_ascii_lowercase() && letter != '_');
        let name = &rest[..end.unwrap_or(rest.len())];
        (own && !name.is_empty()).then_some(name)
    })
}

#[test]
fn modules_use_only_what_they_may() {
    let mut wrong = String::new();
    for file in files("src") {
        let Some(module) = file.module() else { continue };
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == module) else {
            writeln!(wrong, "{}: the module {module} is not in the table", file.path).unwrap();
            continue;
        };
        let is_root = file.path == format!("src/{module}.rs") || file.path == format!("src/{module}/mod.rs");
        for (number, line) in file.code() {
            for used in named_modules(line).filter(|used| *used != module && !allowed.contains(used)) {
                writeln!(wrong, "{}:{number}: {module} -> {used}", file.path).unwrap();
            }
            if is_root && line.contains("super::") {
                writeln!(wrong, "{}:{number}: `super` is the crate here; write `crate::`", file.path)
                    .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "edges that tests/it/tidy.rs does not allow:\n{wrong}");
}

#[test]
fn the_table_of_edges_has_no_cycle_and_no_stranger() {
    for (index, (module, allowed)) in ALLOWED.iter().enumerate() {
        let is_there = top().join(format!("src/{module}.rs")).exists()
            || top().join(format!("src/{module}/mod.rs")).exists();
        assert!(is_there, "{module} is in the table, but not in src");
        for used in *allowed {
            assert!(ALLOWED[..index].iter().any(|(earlier, _)| earlier == used), "{module} -> {used}");
        }
    }
}

#[test]
fn nothing_forbidden_is_said() {
    let mut wrong = String::new();
    for (folder, words, reason) in FORBIDDEN {
        for file in files(folder) {
            // This file names them all.
            if file.path == "tests/it/tidy.rs" {
                continue;
            }
            for (number, line) in file.code() {
                for word in words.iter().filter(|word| line.contains(**word)) {
                    writeln!(wrong, "{}:{number}: {word} ({reason})", file.path).unwrap();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn files_are_short() {
    let mut wrong = String::new();
    for file in files("src").into_iter().chain(files("tests")) {
        let lines = file.text.lines().count();
        let excused = LONG_FILES.iter().any(|(path, _)| *path == file.path);
        if lines > MAX_LINES && !excused {
            writeln!(wrong, "{}: {lines} lines, {MAX_LINES} are allowed", file.path).unwrap();
        }
        if lines <= MAX_LINES && excused {
            writeln!(wrong, "{}: {lines} lines need no exception", file.path).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_top_level_holds_nothing_else() {
    // What is not under version control, such as the folder of a demo, is no part of the repository.
    let listed = Command::new("git").arg("ls-files").current_dir(top()).output();
    let Some(listed) = listed.ok().filter(|listed| listed.status.success()) else {
        println!("skipped: this is no git checkout");
        return;
    };
    let listed = String::from_utf8(listed.stdout).unwrap();
    let strangers: Vec<_> = listed
        .lines()
        .filter(|path| !path.starts_with('.'))
        .filter(|path| !TOP_LEVEL.contains(&path.split('/').next().unwrap_or_default()))
        .collect();
    assert!(strangers.is_empty(), "{strangers:?}");
    let leftovers: Vec<_> = listed.lines().filter(|path| path.contains(".pending-snap")).collect();
    assert!(leftovers.is_empty(), "left over by a snapshot test: {leftovers:?}");
}
