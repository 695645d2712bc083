//! `table`: what a person reads on a terminal.
//!
//! It is the one format that waits for the end, since widths depend on the values. So it keeps only the first and
//! the last rows, as text that is never longer than the terminal is wide.

mod layout;
mod readable;

use std::collections::VecDeque;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::datatypes::SchemaRef;
use unicode_width::UnicodeWidthStr;

use super::Encoder;
use super::Format;
use super::Look;
use super::shape;
use super::text;
use super::text::Column;
use super::types::type_name;
use crate::error::Result;
use layout::Layout;
use layout::Track;
use layout::shortened;
use readable::readable;

pub(super) use layout::padded;

/// A table on a screen.
pub(super) const TABLE: Format = Format {
    name: "table",
    about: "a table that fits the screen: the first and last rows, long values shortened",
    binary: false,
    types: shape::plain,
    begin,
};

/// How null looks where there is colour to tell it from the text `NULL`; elsewhere it is empty.
pub(super) const NULL: &str = "\x1b[2mNULL\x1b[0m";
const NULL_WIDTH: usize = 4;

/// One value as text, safe to show; `None` for null.
type Cell = Option<String>;

struct Table {
    look: Look,
    names: Vec<String>,
    types: Vec<DataType>,
    /// What the types are called, where they are shown.
    type_names: Vec<String>,
    /// The first rows of the result, at most half of `max_rows`.
    head: Vec<Vec<Cell>>,
    /// The last rows so far, without those in `head`.
    tail: VecDeque<Vec<Cell>>,
}

fn begin(schema: &SchemaRef, look: &Look, _out: &mut Vec<u8>) -> Result<Box<dyn Encoder>> {
    Ok(Box::new(Table::new(schema, look)))
}

impl Table {
    fn new(schema: &SchemaRef, look: &Look) -> Self {
        let names = schema.fields().iter().map(|field| text::visible(field.name()).into_owned()).collect();
        let types: Vec<_> = schema.fields().iter().map(|field| field.data_type().clone()).collect();
        // In a file or a mail the types are noise; on a screen they tell what can be done with a column.
        let type_names = match look.screen.width {
            Some(_) => types.iter().map(type_name).collect(),
            None => Vec::new(),
        };
        Self { look: look.clone(), names, types, type_names, head: Vec::new(), tail: VecDeque::new() }
    }
}

impl Encoder for Table {
    fn batch(&mut self, batch: &RecordBatch, _out: &mut Vec<u8>) -> Result<()> {
        let mut columns = text::columns(batch)?;
        let (rows, width) = (self.look.screen.max_rows, self.look.screen.width);
        let (head, tail) = (rows.div_ceil(2), rows / 2);
        let first = batch.num_rows().min(head - self.head.len());
        for row in 0..first {
            self.head.push(cells(&mut columns, row, width));
        }
        // Rows that this very batch pushes out of the tail need not become text.
        for row in first.max(batch.num_rows().saturating_sub(tail))..batch.num_rows() {
            if self.tail.len() == tail {
                self.tail.pop_front();
            }
            self.tail.push_back(cells(&mut columns, row, width));
        }
        Ok(())
    }

    fn finish(self: Box<Self>, rows: u64, out: &mut Vec<u8>) -> Result<()> {
        let layout = Layout::new(&self.tracks(), self.look.screen.width);
        if layout.columns() > 0 {
            self.header(&layout, out);
        }
        let hidden = rows - (self.head.len() + self.tail.len()) as u64;
        for row in &self.head {
            self.row(row, &layout, out);
        }
        if hidden > 0 {
            let hidden = text::count(hidden, "row");
            let advice = format!("; {} …", self.look.advice.rows);
            self.note(&format!("… {hidden} hidden"), &advice, " …", out);
        }
        for row in &self.tail {
            self.row(row, &layout, out);
        }
        if layout.columns() < self.names.len() {
            let shown = format!("{} of {} columns shown", layout.columns(), self.names.len());
            self.note(&shown, &format!("; {}", self.look.advice.columns), "", out);
        }
        self.note(&format!("({})", text::count(rows, "row")), "", "", out);
        Ok(())
    }
}

/// Tells whether rows like these are no wider as a table than the screen.
///
/// # Errors
/// A value has no text.
pub fn fits(batch: &RecordBatch, look: &Look) -> Result<bool> {
    let Some(width) = look.screen.width else { return Ok(true) };
    let shape = shape::Shape::new(&batch.schema(), shape::plain);
    let mut table = Table::new(shape.schema(), look);
    let rows = batch.num_rows().min(look.screen.max_rows);
    let part = shape.conform(&batch.slice(0, rows))?;
    let mut columns = text::columns(&part)?;
    table.head.extend((0..rows).map(|row| cells(&mut columns, row, Some(width + 1))));
    Ok(layout::natural(&table.tracks()) <= width)
}

/// Takes one row as text. No column can be wider than the terminal, so nothing longer is kept.
fn cells(columns: &mut [Column<'_>], row: usize, width: Option<usize>) -> Vec<Cell> {
    let cell = |column: &mut Column<'_>| {
        let value = column.value(row)?;
        Some(match width {
            Some(width) => shortened(&text::visible(&readable(value, width)), width).into_owned(),
            None => text::visible(value).into_owned(),
        })
    };
    columns.iter_mut().map(cell).collect()
}

impl Table {
    /// Measures each column over the rows that will be shown.
    fn tracks(&self) -> Vec<Track> {
        let null = match &self.look.null {
            Some(null) => text::visible(null).width(),
            None if self.look.screen.color => NULL_WIDTH,
            None => 0,
        };
        let widest = self.look.widest.unwrap_or(usize::MAX);
        let width = |cell: &Cell| cell.as_ref().map_or(null, |value| value.width());
        let mut tracks: Vec<_> = self
            .names
            .iter()
            .zip(&self.types)
            .enumerate()
            .map(|(place, (name, data_type))| Track {
                name: self.type_names.get(place).map_or(0, |kind| kind.width()).max(name.width()),
                values: 0,
                // Half a number is another number, and half a time another time.
                rigid: data_type.is_numeric() || data_type.is_temporal() || *data_type == DataType::Boolean,
            })
            .collect();
        for row in self.head.iter().chain(&self.tail) {
            for (track, cell) in tracks.iter_mut().zip(row) {
                let width = width(cell);
                track.values = track.values.max(if track.rigid { width } else { width.min(widest) });
            }
        }
        tracks
    }

    fn header(&self, layout: &Layout, out: &mut Vec<u8>) {
        let names =
            self.names.iter().zip(&self.types).map(|(name, data_type)| {
                (Some(name.as_str()), data_type.is_numeric(), self.style("\x1b[1m"))
            });
        out.extend_from_slice(layout.line(names).as_bytes());
        if !self.type_names.is_empty() {
            let types = self.type_names.iter().zip(&self.types).map(|(name, data_type)| {
                (Some(name.as_str()), data_type.is_numeric(), self.style("\x1b[2m"))
            });
            out.extend_from_slice(layout.line(types).as_bytes());
        }
        out.extend_from_slice(layout.rule().as_bytes());
    }

    /// An escape sequence, where there is colour.
    fn style(&self, style: &'static str) -> &'static str {
        if self.look.screen.color { style } else { "" }
    }

    fn row(&self, row: &[Cell], layout: &Layout, out: &mut Vec<u8>) {
        let null = self.look.null.as_deref().map(text::visible);
        let values = row.iter().zip(&self.types).map(|(cell, data_type)| match cell {
            Some(value) => (Some(value.as_str()), data_type.is_numeric(), ""),
            None => match &null {
                Some(null) => (Some(null.as_ref()), data_type.is_numeric(), self.style("\x1b[2m")),
                None if self.look.screen.color => (Some("NULL"), data_type.is_numeric(), "\x1b[2m"),
                None => (None, false, ""),
            },
        });
        out.extend_from_slice(layout.line(values).as_bytes());
    }

    /// Says something about the table, with what to do about it where there is room for that.
    fn note(&self, note: &str, advice: &str, otherwise: &str, out: &mut Vec<u8>) {
        let full = format!("{note}{advice}");
        let line = match self.look.screen.width {
            Some(width) if full.width() > width => format!("{note}{otherwise}"),
            _ => full,
        };
        let (dim, reset) = (self.style("\x1b[2m"), self.style("\x1b[0m"));
        out.extend_from_slice(format!("{dim}{line}{reset}\n").as_bytes());
    }
}
