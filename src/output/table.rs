//! `table`: what a person reads on a terminal.
//!
//! It is the one format that waits for the end, since widths depend on the values. So it keeps only the first and
//! the last rows, as text that is never longer than the terminal is wide.

mod layout;

use std::collections::VecDeque;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::datatypes::SchemaRef;
use unicode_width::UnicodeWidthStr;

use super::Encoder;
use super::Format;
use super::Screen;
use super::shape;
use super::text;
use super::text::Column;
use crate::error::Result;
use layout::Layout;
use layout::Track;
use layout::shortened;

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
    screen: Screen,
    names: Vec<String>,
    types: Vec<DataType>,
    /// The first rows of the result, at most half of `max_rows`.
    head: Vec<Vec<Cell>>,
    /// The last rows so far, without those in `head`.
    tail: VecDeque<Vec<Cell>>,
}

fn begin(schema: &SchemaRef, screen: &Screen, _out: &mut Vec<u8>) -> Result<Box<dyn Encoder>> {
    let names = schema.fields().iter().map(|field| text::visible(field.name()).into_owned()).collect();
    let types = schema.fields().iter().map(|field| field.data_type().clone()).collect();
    Ok(Box::new(Table { screen: *screen, names, types, head: Vec::new(), tail: VecDeque::new() }))
}

impl Encoder for Table {
    fn batch(&mut self, batch: &RecordBatch, _out: &mut Vec<u8>) -> Result<()> {
        let mut columns = text::columns(batch)?;
        let (head, tail) = (self.screen.max_rows.div_ceil(2), self.screen.max_rows / 2);
        let first = batch.num_rows().min(head - self.head.len());
        for row in 0..first {
            self.head.push(cells(&mut columns, row, self.screen.width));
        }
        // Rows that this very batch pushes out of the tail need not become text.
        for row in first.max(batch.num_rows().saturating_sub(tail))..batch.num_rows() {
            if self.tail.len() == tail {
                self.tail.pop_front();
            }
            self.tail.push_back(cells(&mut columns, row, self.screen.width));
        }
        Ok(())
    }

    fn finish(self: Box<Self>, rows: u64, out: &mut Vec<u8>) -> Result<()> {
        let layout = Layout::new(&self.tracks(), self.screen.width);
        if layout.columns() > 0 {
            self.header(&layout, out);
        }
        let hidden = rows - (self.head.len() + self.tail.len()) as u64;
        for row in &self.head {
            self.row(row, &layout, out);
        }
        if hidden > 0 {
            let hidden = text::count(hidden, "row");
            self.note(&format!("… {hidden} hidden"), "; --format csv prints all …", " …", out);
        }
        for row in &self.tail {
            self.row(row, &layout, out);
        }
        if layout.columns() < self.names.len() {
            let shown = format!("{} of {} columns shown", layout.columns(), self.names.len());
            self.note(&shown, "; --format vertical shows all", "", out);
        }
        self.note(&format!("({})", text::count(rows, "row")), "", "", out);
        Ok(())
    }
}

/// Takes one row as text. No column can be wider than the terminal, so nothing longer is kept.
fn cells(columns: &mut [Column<'_>], row: usize, width: Option<usize>) -> Vec<Cell> {
    let cell = |column: &mut Column<'_>| {
        let value = text::visible(column.value(row)?);
        Some(match width {
            Some(width) => shortened(&value, width).into_owned(),
            None => value.into_owned(),
        })
    };
    columns.iter_mut().map(cell).collect()
}

impl Table {
    /// Measures each column over the rows that will be shown.
    fn tracks(&self) -> Vec<Track> {
        let null = if self.screen.color { NULL_WIDTH } else { 0 };
        let width = |cell: &Cell| cell.as_ref().map_or(null, |value| value.width());
        let mut tracks: Vec<_> = self
            .names
            .iter()
            .zip(&self.types)
            .map(|(name, data_type)| Track {
                name: name.width(),
                values: 0,
                // Half a number is another number, and half a time another time.
                rigid: data_type.is_numeric() || data_type.is_temporal() || *data_type == DataType::Boolean,
            })
            .collect();
        for row in self.head.iter().chain(&self.tail) {
            for (track, cell) in tracks.iter_mut().zip(row) {
                track.values = track.values.max(width(cell));
            }
        }
        tracks
    }

    fn header(&self, layout: &Layout, out: &mut Vec<u8>) {
        let names = self.names.iter().zip(&self.types).map(|(name, data_type)| {
            (Some(name.as_str()), data_type.is_numeric(), if self.screen.color { "\x1b[1m" } else { "" })
        });
        out.extend_from_slice(layout.line(names).as_bytes());
        out.extend_from_slice(layout.rule().as_bytes());
    }

    fn row(&self, row: &[Cell], layout: &Layout, out: &mut Vec<u8>) {
        let values = row.iter().zip(&self.types).map(|(cell, data_type)| match cell {
            Some(value) => (Some(value.as_str()), data_type.is_numeric(), ""),
            None if self.screen.color => (Some("NULL"), data_type.is_numeric(), "\x1b[2m"),
            None => (None, false, ""),
        });
        out.extend_from_slice(layout.line(values).as_bytes());
    }

    /// Says something about the table, with what to do about it where there is room for that.
    fn note(&self, note: &str, advice: &str, otherwise: &str, out: &mut Vec<u8>) {
        let full = format!("{note}{advice}");
        let line = match self.screen.width {
            Some(width) if full.width() > width => format!("{note}{otherwise}"),
            _ => full,
        };
        let (dim, reset) = if self.screen.color { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
        out.extend_from_slice(format!("{dim}{line}{reset}\n").as_bytes());
    }
}
