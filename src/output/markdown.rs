//! `markdown`: a pipe table that renders as the value, whatever the value is.
//!
//! Values come from logs, hence from attackers: without escapes a user agent could become a link, an image that
//! calls home, or a further row.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::Encoder;
use super::Format;
use super::Look;
use super::shape;
use super::text;
use crate::error::Result;

/// A pipe table.
pub(super) const MARKDOWN: Format = Format {
    name: "markdown",
    about: "a Markdown pipe table, for tickets and wikis",
    binary: false,
    types: shape::plain,
    begin,
};

struct Pipes;

fn begin(schema: &SchemaRef, _look: &Look, out: &mut Vec<u8>) -> Result<Box<dyn Encoder>> {
    let fields = schema.fields();
    if !fields.is_empty() {
        line(fields.iter().map(|field| escaped(field.name())), out);
        let rulers = fields.iter().map(|field| if field.data_type().is_numeric() { "---:" } else { "---" });
        line(rulers.map(str::to_owned), out);
    }
    Ok(Box::new(Pipes))
}

impl Encoder for Pipes {
    fn batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        let mut columns = text::columns(batch)?;
        for row in 0..batch.num_rows() {
            line(columns.iter_mut().map(|column| escaped(column.value(row).unwrap_or_default())), out);
        }
        Ok(())
    }

    fn finish(self: Box<Self>, _rows: u64, _out: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }
}

fn line(cells: impl Iterator<Item = String>, out: &mut Vec<u8>) {
    for cell in cells {
        out.extend_from_slice(b"| ");
        out.extend_from_slice(cell.as_bytes());
        if !cell.is_empty() {
            out.push(b' ');
        }
    }
    out.extend_from_slice(b"|\n");
}

/// Escapes what Markdown would act on. An underscore inside of a word does nothing, so names stay readable.
fn escaped(value: &str) -> String {
    let mut cell = String::with_capacity(value.len());
    for (place, part) in value.split('\n').enumerate() {
        if place > 0 {
            cell.push_str("<br>");
        }
        let part = text::visible(part.strip_suffix('\r').unwrap_or(part));
        let mut previous = ' ';
        let mut chars = part.chars().peekable();
        while let Some(char) = chars.next() {
            let acts = match char {
                '\\' | '`' | '*' | '[' | ']' | '<' | '&' | '~' | '|' | '$' => true,
                '_' => {
                    !previous.is_alphanumeric() || !chars.peek().is_some_and(|next| next.is_alphanumeric())
                }
                _ => false,
            };
            if acts {
                cell.push('\\');
            }
            cell.push(char);
            previous = char;
        }
    }
    cell
}
