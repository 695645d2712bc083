//! A result as a picture of characters: bars, a line, or a timeline.

mod line;
mod timeline;

use std::sync::Arc;

use arrow::array::Array;
use arrow::array::AsArray;
use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::datatypes::Float64Type;
use arrow::datatypes::Schema;
use arrow::datatypes::TimeUnit;
use arrow::datatypes::TimestampMicrosecondType;
use datafusion::error::DataFusionError;
use unicode_width::UnicodeWidthChar;
use unicode_width::UnicodeWidthStr;

use crate::error::Error;
use crate::error::Result;
use crate::output;
use crate::reports;

/// So many bars are drawn.
const MOST_BARS: usize = 60;

/// The widest name of a bar.
const WIDEST_NAME: usize = 40;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bar,
    Line,
    Timeline,
}

impl Kind {
    /// The kind of a name.
    pub(super) fn named(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "bar" | "bars" => Some(Self::Bar),
            "line" => Some(Self::Line),
            "timeline" | "time" => Some(Self::Timeline),
            _ => None,
        }
    }
}

/// What can be drawn of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Time,
    Number,
    Name,
}

/// Draws the rows, `width` cells wide; the kind and the columns are guessed where they are not given.
///
/// # Errors
/// There is nothing to draw, or no column of a name.
pub(super) fn draw(
    batches: &[RecordBatch],
    kind: Option<Kind>,
    columns: &[String],
    width: usize,
) -> Result<String> {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let Some(first) = batches.first().filter(|_| rows > 0) else {
        return Err(Error::user(".chart: the last result has no rows"));
    };
    let schema = first.schema();
    let sorts: Vec<_> = schema.fields().iter().map(|field| sort(field.data_type())).collect();
    let given = columns.iter().map(|name| find(&schema, name)).collect::<Result<Vec<_>>>()?;
    let first_of = |wanted: Sort, not: Option<usize>| {
        sorts.iter().enumerate().position(|(place, sort)| *sort == wanted && Some(place) != not)
    };
    let kind = kind.unwrap_or_else(|| {
        match (
            given.first().copied().or(first_of(Sort::Time, None)),
            first_of(Sort::Number, given.first().copied()),
        ) {
            (Some(x), Some(_)) if sorts.get(x) != Some(&Sort::Name) => Kind::Line,
            (Some(x), None) if sorts.get(x) == Some(&Sort::Time) => Kind::Timeline,
            _ => Kind::Bar,
        }
    });
    let x = given.first().copied().or_else(|| match kind {
        Kind::Bar => first_of(Sort::Name, None).or(first_of(Sort::Time, None)).or(Some(0)),
        Kind::Line => first_of(Sort::Time, None).or(first_of(Sort::Number, None)),
        Kind::Timeline => first_of(Sort::Time, None),
    });
    let y = given.get(1).copied().or(first_of(Sort::Number, x));
    let name = |place: usize| schema.fields().get(place).map_or("", |field| field.name().as_str());
    let missing = |what: &str| {
        Error::user(format!(".chart: the last result has no column of {what}")).hinted(
            "a bar chart takes names and numbers, a line two numbers or times and numbers, a timeline times",
        )
    };
    match kind {
        Kind::Bar => {
            let (x, y) = (x.ok_or_else(|| missing("names"))?, y.ok_or_else(|| missing("numbers"))?);
            bars(&texts(batches, x)?, &numbers(batches, y)?, name(y), width)
        }
        Kind::Line => {
            let (x, y) = (x.ok_or_else(|| missing("numbers"))?, y.ok_or_else(|| missing("numbers"))?);
            let is_time = sorts.get(x) == Some(&Sort::Time);
            let across = if is_time { times(batches, x)? } else { numbers(batches, x)? };
            line::draw(&across, &numbers(batches, y)?, (name(x), name(y)), is_time, width)
        }
        Kind::Timeline => {
            let x = x.filter(|x| sorts.get(*x) == Some(&Sort::Time)).ok_or_else(|| missing("times"))?;
            // Any number would do, but only one that is named is meant.
            let y = given.get(1).copied();
            let weights = y.map(|y| numbers(batches, y)).transpose()?;
            timeline::draw(&times(batches, x)?, weights.as_deref(), y.map_or("rows", name), width)
        }
    }
}

fn sort(kind: &DataType) -> Sort {
    match kind {
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => Sort::Time,
        kind if kind.is_numeric() => Sort::Number,
        DataType::Dictionary(_, values) => sort(values),
        _ => Sort::Name,
    }
}

fn find(schema: &Schema, name: &str) -> Result<usize> {
    schema.index_of(name).map_err(|_| {
        let error = Error::user(format!(".chart: the last result has no column {name}"));
        let all = schema.fields().iter().map(|field| field.name().as_str());
        match reports::nearest(name, all).first() {
            Some(near) => error.hinted(format!("did you mean {near}?")),
            None => error,
        }
    })
}

/// The values of a column as numbers.
fn numbers(batches: &[RecordBatch], column: usize) -> Result<Vec<Option<f64>>> {
    let mut all = Vec::new();
    for batch in batches {
        let Some(array) = batch.columns().get(column) else { continue };
        let array = cast(array, &DataType::Float64).map_err(DataFusionError::from)?;
        all.extend(array.as_primitive::<Float64Type>().iter().map(|it| it.filter(|it| it.is_finite())));
    }
    Ok(all)
}

/// The values of a column as microseconds since 1970.
fn times(batches: &[RecordBatch], column: usize) -> Result<Vec<Option<f64>>> {
    let mut all = Vec::new();
    for batch in batches {
        let Some(array) = batch.columns().get(column) else { continue };
        let to = DataType::Timestamp(TimeUnit::Microsecond, None);
        let array = cast(array, &to).map_err(DataFusionError::from)?;
        all.extend(array.as_primitive::<TimestampMicrosecondType>().iter().map(|it| it.map(|it| it as f64)));
    }
    Ok(all)
}

/// The values of a column as text that is safe to show.
fn texts(batches: &[RecordBatch], column: usize) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for batch in batches {
        let Some(array) = batch.columns().get(column) else { continue };
        let array = cast(array, &DataType::Utf8).unwrap_or_else(|_| Arc::clone(array));
        let texts = array.as_string_opt::<i32>();
        all.extend((0..array.len()).map(|row| match texts {
            Some(texts) if texts.is_valid(row) => output::visible(texts.value(row)).into_owned(),
            _ => "NULL".to_owned(),
        }));
    }
    Ok(all)
}

fn bars(names: &[String], numbers: &[Option<f64>], what: &str, width: usize) -> Result<String> {
    let shown = names.len().min(MOST_BARS);
    let widest = names.iter().take(shown).map(|name| name.width()).max().unwrap_or_default().min(WIDEST_NAME);
    let values: Vec<_> = numbers.iter().map(|number| number.map_or("NULL".to_owned(), plain)).collect();
    let value_width = values.iter().take(shown).map(|value| value.width()).max().unwrap_or_default();
    let room = width.saturating_sub(widest + value_width + 3).max(1);
    let most = numbers.iter().take(shown).flatten().fold(0.0_f64, |most, number| most.max(number.abs()));
    let mut text = format!("{}\n", output::visible(what));
    for ((name, number), value) in names.iter().zip(numbers).zip(&values).take(shown) {
        let name = cut(name, widest);
        let blank = " ".repeat(widest.saturating_sub(name.width()));
        let bar = bar(number.unwrap_or(0.0).abs(), most, room);
        text.push_str(&format!("{name}{blank} │{bar} {value}\n"));
    }
    if names.len() > shown {
        text.push_str(&format!("… {} more\n", output::count((names.len() - shown) as u64, "row")));
    }
    Ok(text)
}

/// A bar as long as its share of the room, to the eighth of a cell.
fn bar(number: f64, most: f64, room: usize) -> String {
    if number <= 0.0 || most <= 0.0 {
        return String::new();
    }
    // What is not nothing is seen.
    let eighths = ((number / most * (room * 8) as f64).round() as usize).clamp(1, room * 8);
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"].get(eighths % 8).copied().unwrap_or_default();
    format!("{}{part}", "█".repeat(eighths / 8))
}

/// A number without noise: whole ones with their digits in groups, others with four of them.
fn plain(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        let grouped = indicatif::HumanCount(number.abs() as u64).to_string();
        return if number < 0.0 { format!("-{grouped}") } else { grouped };
    }
    if number.abs() >= 1e15 || number.abs() < 1e-3 { format!("{number:.3e}") } else { format!("{number:.3}") }
}

/// Text cut to so many cells.
fn cut(text: &str, cells: usize) -> String {
    if text.width() <= cells {
        return text.to_owned();
    }
    let mut kept = String::new();
    for char in text.chars() {
        if kept.width() + char.width().unwrap_or(0) + 1 > cells {
            break;
        }
        kept.push(char);
    }
    format!("{kept}…")
}

#[cfg(test)]
mod tests;
