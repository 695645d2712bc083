//! The page: what was asked and answered, when it happened, and what proves it. It needs nothing else, and forbids
//! itself scripts and the network.

use std::fmt::Write;

use arrow::array::RecordBatch;
use arrow::util::display::ArrayFormatter;
use arrow::util::display::FormatOptions;
use chrono::DateTime;
use chrono::SecondsFormat;
use serde_json::Value;

use crate::evidence::Asked;
use crate::evidence::Proof;
use crate::evidence::answer::Answer;
use crate::evidence::answer::SHOWN;

const HEAD: &str = "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">
<title>Evidence</title>
<style>
body { font: 14px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: #222 }
h2 { margin-top: 2em; border-bottom: 1px solid #ccc }
.rows { overflow-x: auto }
table { border-collapse: collapse; margin: 1em 0 }
th, td { border: 1px solid #ccc; padding: .2em .5em; text-align: left; vertical-align: top }
th { background: #f4f4f4 }
td { font-family: ui-monospace, monospace; font-size: 12px; overflow-wrap: break-word; min-width: 4em; max-width: 40em }
pre { background: #f8f8f8; padding: 1em; overflow-x: auto; font-size: 12px }
svg { width: 100%; height: 110px; display: block }
svg text { font: 11px system-ui, sans-serif; fill: #555 }
.bar { fill: #2a6f97 }
.good { color: #1b6b2f }
.bad { color: #a4161a }
</style>
</head>
<body>
";

/// Bars of a timeline.
const BARS: usize = 120;

/// Writes the page.
pub(super) fn page(
    facts: &Value,
    answers: &[(Asked, Answer)],
    proof: &Proof,
    parts: &[(String, String)],
) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("<h1>Evidence</h1>\n");
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let versions = facts["lake"]["versions"].as_object().into_iter().flatten();
    let versions: Vec<_> = versions.map(|(name, version)| format!("{name} {version}")).collect();
    let lines = [
        ("Tool", format!("trailql {}", text(&facts["tool"]["version"]))),
        ("Lake", text(&facts["lake"]["url"])),
        ("Version", versions.join(", ")),
        ("now() in the questions", text(&facts["now"])),
        ("Source objects", format!("{}: {}", proof.sources, text(&facts["sources"]["which"]))),
    ];
    page.push_str("<table>\n");
    for (name, value) in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(page, "<tr><th>{name}</th><td>{}</td></tr>", escaped(&value));
    }
    page.push_str("</table>\n");
    integrity(&mut page, proof);
    for (asked, answer) in answers {
        let _ = writeln!(page, "<h2>{}</h2>", escaped(&asked.title));
        for (name, value) in &asked.params {
            let _ = writeln!(page, "<p>{} = {}</p>", escaped(name), escaped(value));
        }
        timeline(&mut page, &answer.times);
        rows(&mut page, answer, &asked.part);
        let _ = writeln!(page, "<details><summary>SQL</summary><pre>{}</pre></details>", escaped(&asked.sql));
    }
    page.push_str("<h2>Parts</h2>\n<p><code>sha256sum -c manifest.sha256</code> checks them.</p>\n<table>\n");
    for (name, hash) in parts {
        let _ = writeln!(page, "<tr><td>{}</td><td>{hash}</td></tr>", escaped(name));
    }
    page.push_str("</table>\n</body>\n</html>\n");
    page
}

fn integrity(page: &mut String, proof: &Proof) {
    page.push_str("<h2>Integrity of the source objects</h2>\n");
    if proof.verdicts.is_empty() {
        page.push_str(
            "<p class=\"bad\">They have not been checked: <code>trailql verify</code> does that.</p>\n",
        );
        return;
    }
    page.push_str("<table>\n<tr><th>Verdict</th><th>Count</th></tr>\n");
    for (verdict, count) in &proof.verdicts {
        let class = if verdict.ends_with(" verified") { "good" } else { "bad" };
        let verdict = escaped(&verdict.replace('_', " "));
        let _ = writeln!(page, "<tr><td class=\"{class}\">{verdict}</td><td>{count}</td></tr>");
    }
    page.push_str(
        "</table>\n<p>Each is a row of verdicts.csv; digests.csv and keys.csv hold what they rest on.</p>\n",
    );
}

/// How many rows there were over time.
fn timeline(page: &mut String, times: &[i64]) {
    let (Some(first), Some(last)) = (times.iter().min().copied(), times.iter().max().copied()) else {
        return;
    };
    let span = last.saturating_sub(first).max(1);
    let mut bars = [0_u64; BARS];
    for time in times {
        let place = i128::from(time - first) * BARS as i128 / (i128::from(span) + 1);
        if let Some(bar) = usize::try_from(place).ok().and_then(|place| bars.get_mut(place)) {
            *bar += 1;
        }
    }
    let most = bars.iter().max().copied().unwrap_or(1).max(1);
    page.push_str("<svg viewBox=\"0 0 1200 110\" role=\"img\" preserveAspectRatio=\"none\">\n");
    for (place, count) in bars.iter().enumerate().filter(|(_, count)| **count > 0) {
        let height = (count * 80).div_ceil(most).max(2);
        let (x, y) = (place * 10, 82 - height);
        let _ = writeln!(
            page,
            "<rect class=\"bar\" x=\"{x}\" y=\"{y}\" width=\"9\" height=\"{height}\"><title>{count}</title></rect>"
        );
    }
    let time = |micros: i64| {
        let time = DateTime::from_timestamp_micros(micros).unwrap_or_default();
        time.to_rfc3339_opts(SecondsFormat::Secs, true)
    };
    page.push_str("<line x1=\"0\" y1=\"84\" x2=\"1200\" y2=\"84\" stroke=\"#999\"/>\n");
    let _ = writeln!(page, "<text x=\"0\" y=\"102\">{}</text>", time(first));
    let _ = writeln!(page, "<text x=\"1200\" y=\"102\" text-anchor=\"end\">{}</text>", time(last));
    page.push_str("</svg>\n");
}

fn rows(page: &mut String, answer: &Answer, part: &str) {
    let _ = writeln!(page, "<p>{} rows, all of them in {}.csv.</p>", answer.rows, escaped(part));
    let Some(first) = answer.first.first() else { return };
    page.push_str("<div class=\"rows\"><table>\n<tr>");
    for field in first.schema().fields() {
        let _ = write!(page, "<th>{}</th>", escaped(field.name()));
    }
    page.push_str("</tr>\n");
    for batch in &answer.first {
        batch_rows(page, batch);
    }
    page.push_str("</table></div>\n");
    if answer.rows > SHOWN as u64 {
        let _ = writeln!(page, "<p>The first {SHOWN} are shown.</p>");
    }
}

fn batch_rows(page: &mut String, batch: &RecordBatch) {
    let options = FormatOptions::default().with_display_error(true);
    let columns: Vec<_> =
        batch.columns().iter().filter_map(|column| ArrayFormatter::try_new(column, &options).ok()).collect();
    for row in 0..batch.num_rows() {
        page.push_str("<tr>");
        for column in &columns {
            let _ = write!(page, "<td>{}</td>", escaped(&column.value(row).to_string()));
        }
        page.push_str("</tr>\n");
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter if letter.is_control() && letter != '\n' => escaped.push('\u{FFFD}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}
