//! `html`: one page that needs nothing else, to attach to a case or open in a browser.
//!
//! The page forbids itself scripts and the network, so that even a value that slipped through an escape could do
//! nothing.

use std::fmt::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::datatypes::SchemaRef;

use super::Encoder;
use super::Format;
use super::Look;
use super::shape;
use super::text;
use crate::error::Result;

/// A page with a table.
pub(super) const HTML: Format = Format {
    name: "html",
    about: "a self-contained page with a table",
    binary: false,
    types: shape::plain,
    begin,
};

const HEAD: &str = "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">
<title>trailql</title>
<style>
body { font: 14px system-ui, sans-serif; margin: 1.5em }
table { border-collapse: collapse }
th, td { border: 1px solid #ccc; padding: .2em .5em; text-align: left; vertical-align: top }
th { background: #f4f4f4; position: sticky; top: 0 }
td { font-family: ui-monospace, monospace; max-width: 60em; overflow-wrap: anywhere; white-space: pre-wrap }
.number { text-align: right }
.null::after { color: #999; content: 'NULL' }
</style>
</head>
<body>
<table>
<thead>
<tr>";

struct Page {
    /// Which columns hold numbers.
    numbers: Vec<bool>,
}

fn begin(schema: &SchemaRef, _look: &Look, out: &mut Vec<u8>) -> Result<Box<dyn Encoder>> {
    let mut head = HEAD.to_owned();
    for field in schema.fields() {
        cell("th", is_number(field.data_type()), Some(field.name()), &mut head);
    }
    head.push_str("</tr>\n</thead>\n<tbody>\n");
    out.extend_from_slice(head.as_bytes());
    Ok(Box::new(Page { numbers: schema.fields().iter().map(|field| is_number(field.data_type())).collect() }))
}

impl Encoder for Page {
    fn batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        let mut columns = text::columns(batch)?;
        let mut line = String::new();
        for row in 0..batch.num_rows() {
            line.clear();
            line.push_str("<tr>");
            for (column, number) in columns.iter_mut().zip(&self.numbers) {
                cell("td", *number, column.value(row), &mut line);
            }
            line.push_str("</tr>\n");
            out.extend_from_slice(line.as_bytes());
        }
        Ok(())
    }

    fn finish(self: Box<Self>, rows: u64, out: &mut Vec<u8>) -> Result<()> {
        let count = text::count(rows, "row");
        let foot = format!("</tbody>\n</table>\n<p>{count}</p>\n</body>\n</html>\n");
        out.extend_from_slice(foot.as_bytes());
        Ok(())
    }
}

fn is_number(data_type: &DataType) -> bool {
    data_type.is_numeric()
}

fn cell(tag: &str, number: bool, value: Option<&str>, line: &mut String) {
    let class = match (value, number) {
        (None, _) => " class=\"null\"",
        (Some(_), true) => " class=\"number\"",
        (Some(_), false) => "",
    };
    _ = write!(line, "<{tag}{class}>");
    for (place, part) in value.unwrap_or_default().split('\n').enumerate() {
        if place > 0 {
            line.push('\n');
        }
        for char in text::visible(part).chars() {
            match char {
                '&' => line.push_str("&amp;"),
                '<' => line.push_str("&lt;"),
                '>' => line.push_str("&gt;"),
                '"' => line.push_str("&quot;"),
                '\'' => line.push_str("&#39;"),
                char => line.push(char),
            }
        }
    }
    _ = write!(line, "</{tag}>");
}
