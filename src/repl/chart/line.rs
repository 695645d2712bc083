//! A line over time or over numbers, drawn with the dots of Braille characters: eight to a cell.

use super::plain;
use super::timeline::label;
use crate::error::Error;
use crate::error::Result;
use crate::output;

/// How many lines of the terminal the picture has.
const HEIGHT: usize = 12;

/// Draws a line through the points, in the order of `across`.
pub(super) fn draw(
    across: &[Option<f64>],
    up: &[Option<f64>],
    (x_name, y_name): (&str, &str),
    is_time: bool,
    width: usize,
) -> Result<String> {
    let mut points: Vec<(f64, f64)> =
        across.iter().zip(up).filter_map(|(x, y)| Some(((*x)?, (*y)?))).collect();
    points.sort_by(|left, right| left.0.total_cmp(&right.0));
    let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) else {
        return Err(Error::user(".chart: no row has both numbers"));
    };
    let lowest = points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min).min(0.0);
    let highest = points.iter().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max).max(0.0);
    let labels = (plain(highest), plain(lowest));
    let margin = labels.0.len().max(labels.1.len());
    let columns = width.saturating_sub(margin + 3).max(8);
    let mut canvas = Canvas::new(columns, HEIGHT);
    let share = |value: f64, low: f64, high: f64| if high > low { (value - low) / (high - low) } else { 0.0 };
    let dot = |point: &(f64, f64)| {
        let x = share(point.0, first.0, last.0) * (columns * 2 - 1) as f64;
        let y = (1.0 - share(point.1, lowest, highest)) * (HEIGHT * 4 - 1) as f64;
        (x, y)
    };
    let dots: Vec<_> = points.iter().map(dot).collect();
    match dots.as_slice() {
        [only] => canvas.set(only.0, only.1),
        _ => dots.windows(2).for_each(|pair| {
            if let [from, to] = pair {
                canvas.stroke(*from, *to);
            }
        }),
    }
    let mut text = format!("{} over {}\n", output::visible(y_name), output::visible(x_name));
    for (row, line) in canvas.lines().enumerate() {
        let label = match row {
            0 => labels.0.as_str(),
            row if row + 1 == HEIGHT => labels.1.as_str(),
            _ => "",
        };
        text.push_str(format!("{label:>margin$} ┤{line}").trim_end());
        text.push('\n');
    }
    let name = |value: f64| match is_time {
        // A span of days needs no seconds.
        true => label((value / 1e6) as i64, if last.0 - first.0 > 3e11 { 3_600 } else { 1 }),
        false => plain(value),
    };
    let (left, right) = (name(first.0), name(last.0));
    let gap = columns.saturating_sub(left.len() + right.len()).max(1);
    text.push_str(&format!("{:margin$}  {left}{}{right}\n", "", " ".repeat(gap)));
    Ok(text)
}

/// Cells of eight dots each.
struct Canvas {
    columns: usize,
    cells: Vec<u8>,
}

/// The bit of a dot in its cell, by row and column.
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Canvas {
    fn new(columns: usize, rows: usize) -> Self {
        Self { columns, cells: vec![0; columns * rows] }
    }

    fn set(&mut self, x: f64, y: f64) {
        let (x, y) = (x.round() as usize, y.round() as usize);
        let bit = BITS.get(y % 4).and_then(|row| row.get(x % 2)).copied().unwrap_or_default();
        if let Some(cell) = self.cells.get_mut(y / 4 * self.columns + x / 2).filter(|_| x / 2 < self.columns)
        {
            *cell |= bit;
        }
    }

    fn stroke(&mut self, from: (f64, f64), to: (f64, f64)) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().max(1.0);
        for step in 0..=steps as usize {
            let part = step as f64 / steps;
            self.set(from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
        }
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        let char = |cell: &u8| match cell {
            0 => ' ',
            cell => char::from_u32(0x2800 + u32::from(*cell)).unwrap_or(' '),
        };
        self.cells.chunks(self.columns).map(move |row| row.iter().map(char).collect())
    }
}
