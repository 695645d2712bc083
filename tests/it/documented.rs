//! What the documents say exists: commands, flags, statements, reports, tables, columns and functions.

use std::collections::BTreeSet;
use std::path::Path;

use trailql::session::Session;

use crate::made;
use crate::program::run;

const README: &str = include_str!("../../README.md");
const HOW_TO_REPORT: &str = include_str!("../../sql/README.md");

/// The words of a line as a shell takes them: quotes hold words together, and a `#` ends the line.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open: Option<char> = None;
    let mut inside = false;
    for letter in line.chars() {
        match (open, letter) {
            (Some(quote), letter) if quote == letter => open = None,
            (None, '"' | '\'') => {
                open = Some(letter);
                if !inside {
                    words.push(String::new());
                }
                inside = true;
            }
            (None, '#') if !inside => break,
            (None, letter) if letter.is_whitespace() => inside = false,
            (_, letter) => {
                if !inside {
                    words.push(String::new());
                }
                inside = true;
                words.last_mut().unwrap().push(letter);
            }
        }
    }
    words
}

/// The commands in the shell blocks of a document, each as the words that follow `trailql`.
fn commands(document: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let mut in_shell = false;
    for line in document.lines() {
        if let Some(language) = line.strip_prefix("```") {
            in_shell = matches!(language, "sh" | "bash" | "console");
            continue;
        }
        if !in_shell {
            continue;
        }
        let words = words(line.trim_start_matches("$ "));
        for part in words.split(|word| matches!(word.as_str(), "|" | "&&" | ";")) {
            if let Some(at) = part.iter().position(|word| word == "trailql") {
                let known = part[..at].iter().all(|word| word.contains('=') || word == "sudo");
                if known {
                    let end = |word: &&String| !matches!(word.as_str(), "&" | ">" | "<");
                    commands.push(part[at + 1..].iter().take_while(end).cloned().collect());
                }
            }
        }
    }
    commands
}

fn help(path: &[String]) -> Option<String> {
    let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
    arguments.push("--help");
    let ended = run(Path::new("."), &arguments);
    (ended.code == Some(0)).then_some(ended.out)
}

/// The subcommands that a help text lists.
fn subcommands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.trim().is_empty());
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// Every command, as the words that select it, with its help text.
fn every_command() -> Vec<(Vec<String>, String)> {
    let mut waiting = vec![Vec::new()];
    let mut all = Vec::new();
    while let Some(path) = waiting.pop() {
        let text = help(&path).unwrap_or_else(|| panic!("no help for {path:?}"));
        for name in subcommands(&text) {
            waiting.push(path.iter().cloned().chain([name]).collect());
        }
        all.push((path, text));
    }
    all
}

#[test]
fn every_command_has_help_with_an_example() {
    for (path, text) in every_command() {
        let is_group = !subcommands(&text).is_empty() && !path.is_empty();
        assert!(is_group || text.contains("Example"), "trailql {}: no example in\n{text}", path.join(" "));
    }
}

#[test]
fn the_commands_and_flags_of_the_readme_exist() {
    let all = every_command();
    let named = commands(README);
    assert!(named.len() > 20, "{named:?}");
    for command in named {
        let plain: Vec<_> = command.iter().filter(|word| !word.starts_with('-')).collect();
        // The longest path of subcommands that starts anywhere, since `--lake URL` may come before it.
        let found = all.iter().filter(|(path, _)| {
            plain.windows(path.len().max(1)).any(|window| window.iter().copied().eq(path.iter()))
        });
        let Some((path, text)) = found.max_by_key(|(path, _)| path.len()) else {
            assert!(plain.is_empty(), "trailql {command:?} is no command");
            continue;
        };
        for flag in command.iter().filter(|word| word.starts_with('-') && word.len() > 1) {
            let flag = flag.split('=').next().unwrap();
            let known = text.split(|letter: char| letter.is_whitespace() || ",<[=".contains(letter));
            assert!(
                known.clone().any(|word| word == flag),
                "trailql {}: no {flag} in\n{text}",
                path.join(" ")
            );
        }
    }
}

#[tokio::test]
async fn the_statements_of_the_readme_can_be_planned() {
    let session = made::incident().await;
    let mut planned = 0;
    for command in commands(README) {
        let Some(at) = command.iter().position(|word| word == "sql") else { continue };
        for text in command[at + 1..].iter().filter(|word| word.contains(' ') && !word.starts_with('.')) {
            for statement in Session::parse(text).unwrap() {
                if let Err(error) = session.plan(statement).await {
                    panic!("{text}\n{error}");
                }
                planned += 1;
            }
        }
    }
    assert!(planned > 5);
}

#[tokio::test]
async fn the_reports_and_functions_of_the_documents_exist() {
    let session = made::incident().await;
    let listed = made::ask(&session, "SELECT DISTINCT routine_name FROM information_schema.routines").await;
    let functions: BTreeSet<&str> =
        listed.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).collect();
    for document in [README, HOW_TO_REPORT] {
        for name in document.split('`').skip(1).step_by(2).filter_map(called) {
            assert!(functions.contains(name), "there is no function {name}");
        }
    }
    for command in commands(README) {
        let asked = command.iter().skip_while(|word| *word != "report").skip(1);
        let mut asked = asked.skip_while(|word| !matches!(word.as_str(), "run" | "show")).skip(1);
        if let Some(name) = asked.next().filter(|name| !name.starts_with('-')) {
            assert!(session.reports().find(name).is_ok(), "there is no report {name}");
        }
    }
}

/// The name of a function that a piece of code calls, where it is nothing but a call.
fn called(code: &str) -> Option<&str> {
    let (name, rest) = code.split_once('(')?;
    let is_name = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
    (is_name && rest.ends_with(')')).then_some(name)
}
