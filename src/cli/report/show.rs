//! Reports as text: the list, and one in full.

use std::fmt::Write;
use std::sync::Arc;

use crate::reports::Report;
use crate::reports::Technique;

/// The reports by group, with severity and title.
pub(super) fn list(reports: &[&Arc<Report>], words: &str) -> String {
    if reports.is_empty() {
        return match words {
            "" => "There are no reports.\n".to_owned(),
            _ => format!("No report mentions all of: {words}\n"),
        };
    }
    let mut sorted = reports.to_vec();
    sorted.sort_by(|left, right| (&left.group, &left.name).cmp(&(&right.group, &right.name)));
    let width = sorted.iter().map(|report| report.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    let mut group = "";
    for report in sorted {
        // Writing to a String cannot fail.
        if report.group != group {
            let gap = if group.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}{}", report.group);
            group = &report.group;
        }
        let header = &report.header;
        let whose = match (&report.replaces, report.own) {
            (Some(replaced), _) => format!(" (your own, in place of {replaced})"),
            (None, true) => " (your own)".to_owned(),
            (None, false) => String::new(),
        };
        let _ = writeln!(text, "  {:<width$}  {:<8}  {}{whose}", report.name, header.severity, header.title);
    }
    text
}

/// All that is to be said of one report.
pub(super) fn one(report: &Report) -> String {
    let header = &report.header;
    let mut text = format!(
        "{}/{}\n{}\n\n{}\n\nSeverity  {}\n",
        report.group, report.name, header.title, header.description, header.severity
    );
    // Writing to a String cannot fail.
    for (place, id) in header.mitre.iter().enumerate() {
        let word = if place == 0 { "ATT&CK" } else { "" };
        let called = Technique::meaning(id).unwrap_or("not in the table mitre".to_owned());
        let _ = writeln!(text, "{word:<8}  {id:<9}  {called}");
    }
    let required: Vec<_> = report.required().map(|param| format!(", '{}=...'", param.name)).collect();
    let _ = match report.is_view() {
        true => writeln!(text, "In SQL    SELECT * FROM reports.{}", report.name),
        false => writeln!(text, "In SQL    SELECT * FROM report('{}'{})", report.name, required.concat()),
    };
    let _ = writeln!(text, "File      {}", report.file);
    if let Some(replaced) = &report.replaces {
        let _ = writeln!(text, "          in place of {replaced}");
    }
    if !header.params.is_empty() {
        let defaults: Vec<_> = header
            .params
            .iter()
            .map(|param| param.default.as_ref().map_or("required".to_owned(), |expr| format!("= {expr}")))
            .collect();
        let names = header.params.iter().map(|param| param.name.len()).max().unwrap_or_default();
        let values = defaults.iter().map(String::len).max().unwrap_or_default();
        text.push_str("\nParameters\n");
        for (param, default) in header.params.iter().zip(&defaults) {
            let kind = param.kind.name();
            let _ = writeln!(text, "  {:<names$}  {kind:<9}  {default:<values$}  {}", param.name, param.help);
        }
    }
    if !header.notes.is_empty() {
        let _ = writeln!(text, "\nNotes\n{}", indented(&header.notes));
    }
    let _ = writeln!(text, "\nSQL\n{}", indented(report.sql()));
    text
}

fn indented(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("  {line}") };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
