//! `.tables`, `.schema`, `.describe` and `.reports`: what there is.

use std::fmt::Write;

use arrow::datatypes::Schema;
use chrono::NaiveDate;
use indicatif::HumanCount;
use unicode_width::UnicodeWidthStr;

use super::Command;
use super::Completes;
use crate::lake::TableSummary;
use crate::output::type_name;
use crate::repl::shell::Flow;
use crate::session::Table;

const GROUP: &str = "Look";

pub(super) const TABLES: Command = Command {
    name: "tables",
    aliases: &["dt", "l"],
    arguments: "",
    group: GROUP,
    about: "Lists the tables and views, with the rows and days of those that are stored. What narrows the session does \
        not change these numbers.",
    example: ".tables",
    completes: Completes::Nothing,
    run: |shell, _| {
        Box::pin(async move {
            let snapshot = shell.session.snapshot().await?;
            let mut text = String::new();
            for table in shell.session.tables().await? {
                let stored = snapshot.tables().find(|(name, _)| *name == table.name);
                let said = match &stored {
                    Some((_, summary)) => stored_rows(summary),
                    None => format!("view, {} columns", table.schema.fields().len()),
                };
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{:<16} {said}", table.name);
            }
            let views = shell.session.reports().iter().filter(|report| report.is_view()).count();
            let _ = writeln!(text, "{:<16} {views} views, one a report; .reports lists them", "reports.*");
            shell.say(&text)?;
            Ok(Flow::On)
        })
    },
};

pub(super) const SCHEMA: Command = Command {
    name: "schema",
    aliases: &[],
    arguments: "[TABLE]",
    group: GROUP,
    about: "Shows the columns and types of a table or view, or of all, as the statement that would create it.",
    example: ".schema sources",
    completes: Completes::Tables,
    run: |shell, name| {
        Box::pin(async move {
            let tables = match name {
                "" => shell.session.tables().await?,
                name => vec![shell.session.table(name.trim_end_matches(';')).await?],
            };
            let texts: Vec<_> = tables.iter().map(statement).collect();
            shell.say(&texts.join("\n"))?;
            Ok(Flow::On)
        })
    },
};

pub(super) const DESCRIBE: Command = Command {
    name: "describe",
    aliases: &["d"],
    arguments: "TABLE",
    group: GROUP,
    about: "Shows the columns of a table or view, their types, and what they mean. Without a name it lists the tables.",
    example: ".describe cloudtrail\n.describe reports.root_console_sign_ins",
    completes: Completes::Tables,
    run: |shell, name| {
        Box::pin(async move {
            if name.is_empty() {
                return (TABLES.run)(shell, name).await;
            }
            let table = shell.session.table(name.trim_end_matches(';')).await?;
            shell.say(&columns(&table.schema))?;
            Ok(Flow::On)
        })
    },
};

pub(super) const REPORTS: Command = Command {
    name: "reports",
    aliases: &[],
    arguments: "[WORDS]",
    group: GROUP,
    about: "Lists the reports, or those that mention all the words: in name, title, description, notes or ATT&CK.",
    example: ".reports access key",
    completes: Completes::Nothing,
    run: |shell, words| {
        Box::pin(async move {
            let mut found: Vec<_> =
                shell.session.reports().iter().filter(|report| report.mentions(words)).collect();
            found.sort_by(|left, right| (&left.group, &left.name).cmp(&(&right.group, &right.name)));
            let width = found.iter().map(|report| report.name.len()).max().unwrap_or_default();
            let mut text = String::new();
            let mut group = "";
            for report in &found {
                if report.group != group {
                    group = &report.group;
                    let _ = writeln!(text, "{group}");
                }
                let _ = writeln!(
                    text,
                    "  {:<width$}  {:<8}  {}",
                    report.name, report.header.severity, report.header.title
                );
            }
            if found.is_empty() {
                let _ = writeln!(text, "No report mentions all of: {words}");
            }
            shell.say(&text)?;
            Ok(Flow::On)
        })
    },
};

/// The rows and days of a stored table.
fn stored_rows(summary: &TableSummary) -> String {
    let day = |days: i32| NaiveDate::default().checked_add_signed(chrono::Duration::days(days.into()));
    let days: Vec<_> = summary.days.keys().flatten().copied().filter_map(day).collect();
    let span = match (days.first(), days.last()) {
        (Some(first), Some(last)) => format!(", {} days from {first} to {last}", days.len()),
        _ => String::new(),
    };
    format!("{:>12} rows in {} files{span}", HumanCount(summary.rows).to_string(), summary.files)
}

/// A table as the statement that would create it.
fn statement(table: &Table) -> String {
    let fields = table.schema.fields();
    let width = fields.iter().map(|field| field.name().width()).max().unwrap_or_default();
    let columns: Vec<_> = fields
        .iter()
        .map(|field| format!("  {:<width$} {}", quoted(field.name()), type_name(field.data_type())))
        .collect();
    format!("CREATE TABLE {} (\n{}\n);\n", table.name, columns.join(",\n"))
}

/// A name as SQL wants it.
fn quoted(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.bytes().all(plain) { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// The columns of a table with what they mean.
fn columns(schema: &Schema) -> String {
    let width = schema.fields().iter().map(|field| field.name().width()).max().unwrap_or_default();
    let types: Vec<_> = schema.fields().iter().map(|field| type_name(field.data_type())).collect();
    let type_width = types.iter().map(|name| name.width()).max().unwrap_or_default();
    let mut text = String::new();
    for (field, kind) in schema.fields().iter().zip(&types) {
        let comment = field.metadata().get("comment").map_or("", String::as_str);
        let line = format!("{:<width$}  {kind:<type_width$}  {comment}", field.name());
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}
