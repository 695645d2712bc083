//! What could stand at the cursor. It only looks at what is in memory, so no key press ever waits.

use std::collections::BTreeSet;

use crate::output::FORMATS;
use crate::repl::commands;
use crate::repl::commands::Completes;
use crate::repl::names::Names;
use crate::repl::paint::KEYWORDS;
use crate::repl::words;
use crate::repl::words::Kind;
use crate::repl::words::Token;

/// The most that are offered.
const MOST: usize = 1_000;

/// Where the word at the cursor begins, and what could be there instead.
pub(super) fn complete(line: &str, names: &Names) -> (usize, Vec<String>) {
    let begin = line.len() - line.trim_start().len();
    let typed = line.get(begin..).unwrap_or_default();
    if let Some(command) = typed.strip_prefix(['.', '\\']) {
        return of_command(line, begin, command, names);
    }
    let mut tokens: Vec<_> = words::tokens(line).collect();
    // Only the last statement matters.
    if let Some(end) = tokens.iter().rposition(|token| token.kind == Kind::End) {
        tokens.drain(..=end);
    }
    match tokens.last() {
        Some(token) if token.kind == Kind::Text && !token.closed => of_text(*token, &tokens, names),
        Some(token) if token.kind == Kind::Word => {
            let before = tokens.get(..tokens.len() - 1).unwrap_or_default();
            (token.start, of_word(token.text, before, names))
        }
        Some(token) if matches!(token.kind, Kind::Comment | Kind::Name | Kind::Number) => {
            (line.len(), Vec::new())
        }
        _ => (line.len(), of_word("", &tokens, names)),
    }
}

/// The name of a command, or what it takes.
fn of_command(line: &str, begin: usize, typed: &str, names: &Names) -> (usize, Vec<String>) {
    let dot = line.get(begin..=begin).unwrap_or(".");
    let Some((name, _)) = typed.split_once(char::is_whitespace) else {
        let all = commands::COMMANDS.iter().map(|command| format!("{dot}{} ", command.name));
        return (
            begin,
            all.filter(|name| name.get(1..).is_some_and(|name| name.starts_with(typed))).collect(),
        );
    };
    let start = line.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let word = line.get(start..).unwrap_or_default();
    let Some(command) = commands::find(name) else { return (line.len(), Vec::new()) };
    let first = line.get(begin + 1 + name.len()..start).is_some_and(|between| between.trim().is_empty());
    let offered = match command.completes {
        Completes::Nothing => Vec::new(),
        Completes::Words(words) => starting(word, words.iter().copied()),
        Completes::Commands => starting(word, commands::COMMANDS.iter().map(|command| command.name)),
        Completes::Formats => starting(word, FORMATS.iter().map(|format| format.name)),
        Completes::Tables => starting(word, tables(names).iter().map(String::as_str)),
        Completes::Files => return (start, files(word)),
        Completes::Values(column) => {
            let values = names.values.get(column).map(Vec::as_slice).unwrap_or_default();
            starting(word, values.iter().map(String::as_str))
        }
        Completes::Reports if first => starting(word, names.reports.keys().map(String::as_str)),
        Completes::Reports => {
            let report = typed.split_whitespace().nth(1).and_then(|name| names.reports.get(name));
            let narrowing = ["since", "until", "account", "region"].map(str::to_owned);
            let all: BTreeSet<String> =
                report.into_iter().flatten().chain(&narrowing).map(|name| format!("{name}=")).collect();
            starting(word, all.iter().map(String::as_str))
        }
        Completes::Sql => {
            let sql = line.get(begin + 1 + name.len()..).unwrap_or_default();
            let (at, offered) = complete(sql, names);
            return (begin + 1 + name.len() + at, offered);
        }
    };
    (start, offered)
}

/// What is in quotes: a value of the column it is compared with, the name of a report, or a file.
fn of_text(open: Token<'_>, tokens: &[Token<'_>], names: &Names) -> (usize, Vec<String>) {
    let inside = open.text.get(1..).unwrap_or_default();
    let words: Vec<String> = tokens
        .iter()
        .filter(|token| token.kind == Kind::Word)
        .map(|token| token.text.to_ascii_lowercase())
        .collect();
    let last = words.iter().rev();
    let column = last.clone().find_map(|word| names.values.get_key_value(word.as_str()));
    let closed = |text: &str| format!("{text}'");
    let offered: Vec<String> = if words.last().is_some_and(|word| word == "report") {
        starting(inside, names.reports.keys().map(String::as_str)).iter().map(|it| closed(it)).collect()
    } else if words.first().is_some_and(|word| word == "copy")
        && words.last().is_some_and(|word| word == "to")
    {
        files(inside)
    } else if let Some((_, values)) = column {
        starting(inside, values.iter().map(String::as_str)).iter().map(|it| closed(it)).collect()
    } else if inside.is_empty() {
        Vec::new()
    } else {
        let all = ["event_name", "event_source"].into_iter().filter_map(|column| names.values.get(column));
        starting(inside, all.flatten().map(String::as_str)).iter().map(|it| closed(it)).collect()
    };
    (open.start + 1, offered)
}

/// What is a word: a table behind FROM, a column, a function or a keyword elsewhere.
fn of_word(word: &str, before: &[Token<'_>], names: &Names) -> Vec<String> {
    let solid: Vec<_> =
        before.iter().filter(|token| !matches!(token.kind, Kind::Blank | Kind::Comment)).collect();
    let last = solid.last().map_or("", |token| token.text);
    if last == "." {
        let owner = solid.len().checked_sub(2).and_then(|at| solid.get(at)).map_or("", |token| token.text);
        if owner.eq_ignore_ascii_case("reports") {
            return starting(word, names.reports.keys().map(String::as_str));
        }
        let columns = names.tables.get(owner).or_else(|| names.tables.get(table_of(owner, &solid)?));
        return starting(word, columns.into_iter().flatten().map(String::as_str));
    }
    let lower = last.to_ascii_lowercase();
    if matches!(lower.as_str(), "from" | "join" | "describe" | "table" | "desc") {
        let mut offered = starting(word, tables(names).iter().map(String::as_str));
        let words = ["activity(", "assume_chain(", "search(", "report(", "generate_series(", "unnest("];
        offered.extend(starting(word, words.into_iter().filter(|_| lower == "from" || lower == "join")));
        return offered;
    }
    let named: Vec<&Vec<String>> = solid.iter().filter_map(|token| names.tables.get(token.text)).collect();
    // The table often stands behind the cursor, or is not there yet: then cloudtrail is meant.
    let all: Vec<&Vec<String>> =
        if named.is_empty() { names.tables.get("cloudtrail").into_iter().collect() } else { named };
    let columns: BTreeSet<&str> = all.into_iter().flatten().map(String::as_str).collect();
    let mut offered = starting(word, columns);
    if word.is_empty() {
        return offered;
    }
    let functions: Vec<String> = names.functions.iter().map(|name| format!("{name}(")).collect();
    offered.extend(starting(word, functions.iter().map(String::as_str)));
    let upper = word.starts_with(|char: char| char.is_ascii_uppercase());
    let keywords = starting(word, KEYWORDS.iter().copied());
    offered.extend(keywords.into_iter().map(|word| if upper { word.to_ascii_uppercase() } else { word }));
    offered
}

/// The table that an alias stands for: `cloudtrail AS c`, `cloudtrail c`.
fn table_of<'a>(alias: &str, solid: &[&Token<'a>]) -> Option<&'a str> {
    let at = solid.iter().position(|token| token.text == alias)?;
    let before = solid.get(at.checked_sub(1)?)?;
    match before.text.eq_ignore_ascii_case("as") {
        true => Some(solid.get(at.checked_sub(2)?)?.text),
        false => Some(before.text),
    }
}

fn tables(names: &Names) -> Vec<String> {
    let reports = names.reports.keys().map(|name| format!("reports.{name}"));
    names.tables.keys().cloned().chain(reports).collect()
}

/// Those that start with a word, whatever its case.
fn starting<'a>(word: &str, all: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let starts = |name: &str| name.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    all.into_iter().filter(|name| starts(name)).take(MOST).map(str::to_owned).collect()
}

/// The files and folders whose path starts so.
fn files(start: &str) -> Vec<String> {
    let (folder, name) = match start.rfind('/') {
        Some(at) => start.split_at(at + 1),
        None => ("", start),
    };
    let Ok(entries) = std::fs::read_dir(if folder.is_empty() { "." } else { folder }) else {
        return Vec::new();
    };
    let mut found: Vec<String> = entries
        .take(MOST)
        .flatten()
        .filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            let hidden = file.starts_with('.') && !name.starts_with('.');
            let plain = !file.chars().any(char::is_control);
            let end = if entry.file_type().ok()?.is_dir() { "/" } else { "" };
            (file.starts_with(name) && !hidden && plain).then(|| format!("{folder}{file}{end}"))
        })
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Names {
            tables: [
                ("cloudtrail".to_owned(), owned(&["event_name", "event_time", "source_ip"])),
                ("sources".to_owned(), owned(&["url", "records"])),
            ]
            .into(),
            functions: owned(&["count", "ip_in_cidr"]),
            reports: [("root_logins".to_owned(), owned(&["since", "who"]))].into(),
            values: [
                ("event_name", owned(&["AssumeRole", "ConsoleLogin"])),
                ("aws_region", owned(&["us-east-1"])),
            ]
            .into(),
        }
    }

    fn offered(line: &str) -> String {
        let (start, offered) = complete(line, &names());
        format!("{line} -> {start} {}", offered.join(" | "))
    }

    #[test]
    fn what_fits_at_the_cursor_is_offered() {
        let lines = [
            "SELECT ev",
            "SELECT * FROM cl",
            "SELECT c.so",
            "SELECT * FROM cloudtrail AS c WHERE c.so",
            "SELECT * FROM sources s WHERE s.",
            "SELECT * FROM sources WHERE re",
            "SELECT cou",
            "SEL",
            "sel",
            "SELECT * FROM reports.ro",
            "SELECT * FROM cloudtrail WHERE event_name = 'con",
            "SELECT * FROM cloudtrail WHERE aws_region IN ('us-west-2', 'us",
            "SELECT * FROM report('ro",
            "SELECT 'Ass",
            "SELECT 1; SELECT * FROM so",
            "-- comment ev",
            ".mo",
            "\\mo",
            ".mode js",
            ".report ro",
            ".report root_logins w",
            ".describe so",
            ".help mo",
            ".region us",
            ".explain SELECT source_",
            ".nonsense x",
        ];
        insta::assert_snapshot!(lines.map(offered).join("\n"));
    }
}
