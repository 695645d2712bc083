//! `vertical`: one line per value, for wide rows that are read in full.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use unicode_width::UnicodeWidthStr;

use super::Encoder;
use super::Format;
use super::Look;
use super::shape;
use super::table;
use super::text;
use crate::error::Result;

/// The least width of the line above a record.
const RULE_WIDTH: usize = 40;

/// One line per value.
pub(super) const VERTICAL: Format = Format {
    name: "vertical",
    about: "one line per value, never shortened",
    binary: false,
    types: shape::plain,
    begin,
};

struct Records {
    /// The columns' names, padded to one width.
    names: Vec<String>,
    /// What stands for null, coloured where colour is welcome.
    null: String,
    number: u64,
}

fn begin(schema: &SchemaRef, look: &Look, _out: &mut Vec<u8>) -> Result<Box<dyn Encoder>> {
    let names: Vec<_> =
        schema.fields().iter().map(|field| text::visible(field.name()).into_owned()).collect();
    let width = names.iter().map(|name| name.width()).max().unwrap_or_default();
    let names = names.into_iter().map(|name| table::padded(&name, width)).collect();
    let null = match &look.null {
        Some(null) => format!(" {}", text::visible(null)),
        None if look.screen.color => format!(" {}", table::NULL),
        None => String::new(),
    };
    Ok(Box::new(Records { names, null, number: 0 }))
}

impl Encoder for Records {
    fn batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        let mut columns = text::columns(batch)?;
        for row in 0..batch.num_rows() {
            self.number += 1;
            let title = format!("-[ RECORD {} ]", self.number);
            out.extend_from_slice(format!("{title:-<RULE_WIDTH$}\n").as_bytes());
            for (name, column) in self.names.iter().zip(&mut columns) {
                let value = column.value(row).map(text::visible);
                let line = match &value {
                    Some(value) => format!("{name} | {value}"),
                    None => format!("{name} |{}", self.null),
                };
                out.extend_from_slice(line.trim_end().as_bytes());
                out.push(b'\n');
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>, rows: u64, out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(format!("({})\n", text::count(rows, "row")).as_bytes());
        Ok(())
    }
}
