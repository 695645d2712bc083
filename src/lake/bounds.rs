//! File statistics: what the table's log says of a data file, written as JSON and read back.

use arrow::datatypes::DataType;
use chrono::DateTime;
use chrono::SecondsFormat;
use chrono::Utc;
use datafusion::common::ScalarValue;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::lake::layout::Shape;
use crate::lake::layout::day_text;
use crate::lake::layout::parse_day;
use crate::logs::ColumnType;

/// What is known of one column of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bounds {
    /// The column's place among the columns of the data files.
    pub(super) column: usize,
    /// No value is smaller.
    pub(super) min: Option<ScalarValue>,
    /// No value is greater.
    pub(super) max: Option<ScalarValue>,
    /// How many rows hold no value.
    pub(super) nulls: Option<u64>,
    /// Whether both bounds are values of the file, not only limits.
    pub(super) exact: bool,
}

/// The statistics of a file as the table's log holds them.
#[derive(Debug)]
pub(super) struct Described {
    /// The JSON text.
    pub(super) stats: String,
    /// The columns whose bounds in it are values of the file.
    pub(super) exact: Vec<&'static str>,
}

/// What is known of a file without opening it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FileBounds {
    /// Its rows.
    pub(super) rows: Option<u64>,
    /// Its columns, those that statistics are kept of.
    pub(super) columns: Vec<Bounds>,
}

impl FileBounds {
    /// The bounds of a column, if they are known.
    pub(super) fn of(&self, column: usize) -> Option<&Bounds> {
        self.columns.iter().find(|bounds| bounds.column == column)
    }
}

/// The statistics of a file just written.
///
/// The format keeps milliseconds, so bounds are widened to the next ones; long texts are cut.
pub(super) fn from_parquet(shape: &Shape, metadata: &ParquetMetaData) -> Described {
    let mut minimums = Map::new();
    let mut maximums = Map::new();
    let mut nulls = Map::new();
    let mut exact = Vec::new();
    for (_, column) in shape.bounded_columns() {
        let Some(merged) = merge(metadata, column.name) else { continue };
        nulls.insert(column.name.to_owned(), json!(merged.nulls));
        if let (Some(min), Some(max)) = (merged.min, merged.max) {
            if merged.exact && min.is_exact(column.kind) && max.is_exact(column.kind) {
                exact.push(column.name);
            }
            if let (Some(min), Some(max)) =
                (min.json(column.kind, Round::Down), max.json(column.kind, Round::Up))
            {
                minimums.insert(column.name.to_owned(), min);
                maximums.insert(column.name.to_owned(), max);
            }
        }
    }
    let rows = metadata.file_metadata().num_rows();
    let stats = json!({
        "numRecords": rows, "minValues": minimums, "maxValues": maximums, "nullCount": nulls,
    });
    Described { stats: stats.to_string(), exact }
}

/// Reads the statistics of a file; what cannot be understood is unknown, which is always right.
pub(super) fn from_json(shape: &Shape, text: &str, exact: &[&str]) -> FileBounds {
    let Ok(stats) = serde_json::from_str::<Value>(text) else { return FileBounds::default() };
    let columns = shape.bounded_columns().filter_map(|(index, column)| {
        let part = |name: &str| stats.get(name).and_then(|values| values.get(column.name));
        let bounds = Bounds {
            column: index,
            min: part("minValues").and_then(|value| scalar(column.kind, value)),
            max: part("maxValues").and_then(|value| scalar(column.kind, value)),
            nulls: part("nullCount").and_then(Value::as_u64),
            exact: exact.contains(&column.name),
        };
        (bounds.min.is_some() || bounds.max.is_some() || bounds.nulls.is_some()).then_some(bounds)
    });
    FileBounds { rows: stats.get("numRecords").and_then(Value::as_u64), columns: columns.collect() }
}

/// The type that a column has while it is read: text is read as views, which copy less.
pub(super) fn read_type(kind: ColumnType) -> DataType {
    match kind {
        ColumnType::Text | ColumnType::Json => DataType::Utf8View,
        other => other.arrow(),
    }
}

#[derive(Clone, Copy)]
enum Round {
    Down,
    Up,
}

#[derive(Clone, Debug, PartialEq)]
enum Bound {
    Boolean(bool),
    Number(i64),
    Text(String),
}

impl Bound {
    fn is_exact(&self, kind: ColumnType) -> bool {
        !matches!((kind, self), (ColumnType::Timestamp, Self::Number(micros)) if micros % 1000 != 0)
    }

    fn json(&self, kind: ColumnType, round: Round) -> Option<Value> {
        match (kind, self) {
            (ColumnType::Timestamp, Self::Number(micros)) => {
                let floor = micros.div_euclid(1000);
                let millis = match round {
                    Round::Up if micros.rem_euclid(1000) != 0 => floor + 1,
                    _ => floor,
                };
                let time = DateTime::<Utc>::from_timestamp_millis(millis)?;
                Some(json!(time.to_rfc3339_opts(SecondsFormat::Millis, true)))
            }
            (ColumnType::Date, Self::Number(day)) => Some(json!(day_text(i32::try_from(*day).ok()?)?)),
            (_, Self::Number(number)) => Some(json!(number)),
            (_, Self::Boolean(value)) => Some(json!(value)),
            (_, Self::Text(text)) => Some(json!(text)),
        }
    }
}

struct Merged {
    min: Option<Bound>,
    max: Option<Bound>,
    nulls: u64,
    exact: bool,
}

/// Merges the statistics of a column over the row groups; none if one row group has none.
fn merge(metadata: &ParquetMetaData, name: &str) -> Option<Merged> {
    let schema = metadata.file_metadata().schema_descr();
    let leaf = schema.columns().iter().position(|column| column.path().string() == name)?;
    let mut merged = Merged { min: None, max: None, nulls: 0, exact: true };
    for group in metadata.row_groups() {
        let statistics = group.columns().get(leaf)?.statistics()?;
        let nulls = statistics.null_count_opt()?;
        merged.nulls += nulls;
        if i64::try_from(nulls).is_ok_and(|nulls| nulls == group.num_rows()) {
            continue;
        }
        let (min, max) = limits(statistics)?;
        merged.exact &= statistics.min_is_exact() && statistics.max_is_exact();
        merged.min = Some(merged.min.map_or(min.clone(), |old| if less(&min, &old) { min } else { old }));
        merged.max = Some(merged.max.map_or(max.clone(), |old| if less(&old, &max) { max } else { old }));
    }
    Some(merged)
}

fn less(left: &Bound, right: &Bound) -> bool {
    match (left, right) {
        (Bound::Boolean(left), Bound::Boolean(right)) => left < right,
        (Bound::Number(left), Bound::Number(right)) => left < right,
        (Bound::Text(left), Bound::Text(right)) => left < right,
        _ => false,
    }
}

fn limits(statistics: &Statistics) -> Option<(Bound, Bound)> {
    match statistics {
        Statistics::Boolean(values) => {
            Some((Bound::Boolean(*values.min_opt()?), Bound::Boolean(*values.max_opt()?)))
        }
        Statistics::Int32(values) => {
            Some((Bound::Number((*values.min_opt()?).into()), Bound::Number((*values.max_opt()?).into())))
        }
        Statistics::Int64(values) => {
            Some((Bound::Number(*values.min_opt()?), Bound::Number(*values.max_opt()?)))
        }
        Statistics::ByteArray(values) => {
            let text = |bytes: &[u8]| Some(Bound::Text(std::str::from_utf8(bytes).ok()?.to_owned()));
            Some((text(values.min_opt()?.data())?, text(values.max_opt()?.data())?))
        }
        _ => None,
    }
}

fn scalar(kind: ColumnType, value: &Value) -> Option<ScalarValue> {
    Some(match kind {
        ColumnType::Text | ColumnType::Json => ScalarValue::Utf8View(Some(value.as_str()?.to_owned())),
        ColumnType::TextList => return None,
        ColumnType::Boolean => ScalarValue::Boolean(Some(value.as_bool()?)),
        ColumnType::Integer => ScalarValue::Int32(Some(i32::try_from(value.as_i64()?).ok()?)),
        ColumnType::Long => ScalarValue::Int64(Some(value.as_i64()?)),
        ColumnType::Timestamp => {
            let time = DateTime::parse_from_rfc3339(value.as_str()?).ok()?;
            ScalarValue::TimestampMicrosecond(Some(time.timestamp_micros()), Some("UTC".into()))
        }
        ColumnType::Date => ScalarValue::Date32(Some(parse_day(value.as_str()?)?)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_widened_to_whole_milliseconds() {
        let time = Bound::Number(1_001);
        assert_eq!(time.json(ColumnType::Timestamp, Round::Down), Some(json!("1970-01-01T00:00:00.001Z")));
        assert_eq!(time.json(ColumnType::Timestamp, Round::Up), Some(json!("1970-01-01T00:00:00.002Z")));
        assert!(!time.is_exact(ColumnType::Timestamp));
        let early = Bound::Number(-1);
        assert_eq!(early.json(ColumnType::Timestamp, Round::Down), Some(json!("1969-12-31T23:59:59.999Z")));
        assert_eq!(early.json(ColumnType::Timestamp, Round::Up), Some(json!("1970-01-01T00:00:00.000Z")));
    }

    #[test]
    fn damaged_statistics_are_unknown() {
        assert_eq!(from_json(&Shape::SOURCES, "{", &[]), FileBounds::default());
        let odd = from_json(&Shape::SOURCES, r#"{"numRecords": 3, "minValues": {"ingested_at": 7}}"#, &[]);
        assert_eq!(odd, FileBounds { rows: Some(3), columns: Vec::new() });
    }
}
