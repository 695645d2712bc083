//! Tables, partitions and paths: the names of everything that lies in a lake.

use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;
use uuid::Uuid;

use crate::logs::Column;
use crate::logs::ColumnType;
use crate::logs::Log;
use crate::logs::schema;

/// The table with one row per object ever seen.
pub const SOURCES: &str = "sources";
/// The table with one row per record that could not be read.
pub const REJECTS: &str = "rejects";
/// The column that partitions the tables of logs.
pub const EVENT_DATE: &str = "event_date";
/// The folder of rows without a date, as every other engine names it.
const NO_DATE: &str = "__HIVE_DEFAULT_PARTITION__";

pub(super) const fn column(name: &'static str, kind: ColumnType, comment: &'static str) -> Column {
    Column { name, kind, comment, needle: false }
}

/// The columns of `sources`.
pub(super) const SOURCES_COLUMNS: &[Column] = &[
    column("url", ColumnType::Text, "Where the object was read from"),
    column("log", ColumnType::Text, "The log it belongs to; null when it is none"),
    column("status", ColumnType::Text, "What became of it: read, unchanged, ignored or failed"),
    column("detail", ColumnType::Text, "Why it was ignored or failed"),
    column("size", ColumnType::Long, "Its size in bytes, as stored"),
    column("etag", ColumnType::Text, "The version of its content, as its store names it"),
    column("last_modified", ColumnType::Timestamp, "When its store says it was written"),
    column(
        "sha256",
        ColumnType::Text,
        "The SHA-256 of its uncompressed bytes in hexadecimal, as digests use it",
    ),
    column("records", ColumnType::Long, "Records found in it: rows stored plus rejected"),
    column("rejected", ColumnType::Long, "Records of it that could not be read; see the table rejects"),
    column("first_event_time", ColumnType::Timestamp, "The time of its earliest event"),
    column("last_event_time", ColumnType::Timestamp, "The time of its latest event"),
    column("ingested_at", ColumnType::Timestamp, "When it was brought into the lake"),
];

/// The columns of `rejects`.
pub(super) const REJECTS_COLUMNS: &[Column] = &[
    column("source_file", ColumnType::Text, "The URL of the object"),
    column("position", ColumnType::Long, "Where in its uncompressed bytes the damaged stretch begins"),
    column("reason", ColumnType::Text, "Why it could not be read"),
    column("content", ColumnType::Text, "The damaged text, cut when it is long"),
    column("ingested_at", ColumnType::Timestamp, "When it was met"),
];

/// What a table of the lake is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Its name, which is its folder.
    pub(super) name: &'static str,
    /// Its columns; the partition column, if there is one, is last.
    pub(super) columns: &'static [Column],
    /// Whether `event_date` partitions it.
    pub(super) partitioned: bool,
    /// The log whose rows it holds.
    pub(super) log: Option<&'static dyn Log>,
}

impl Shape {
    pub(super) const SOURCES: Self =
        Self { name: SOURCES, columns: SOURCES_COLUMNS, partitioned: false, log: None };
    pub(super) const REJECTS: Self =
        Self { name: REJECTS, columns: REJECTS_COLUMNS, partitioned: false, log: None };

    pub(super) fn of_log(log: &'static dyn Log) -> Self {
        let columns = log.columns();
        let partitioned = columns.last().is_some_and(|column| column.name == EVENT_DATE);
        Self { name: log.name(), columns, partitioned, log: Some(log) }
    }

    /// The columns that lie in the data files: all but the partition column.
    pub(super) fn file_columns(&self) -> &'static [Column] {
        match self.columns.split_last() {
            Some((_, rest)) if self.partitioned => rest,
            _ => self.columns,
        }
    }

    /// The Arrow schema of the data files.
    pub(super) fn file_schema(&self) -> SchemaRef {
        schema(self.file_columns())
    }

    /// The schema of a log's batches as its parser makes them.
    pub(super) fn batch_schema(&self) -> SchemaRef {
        schema(self.columns)
    }

    /// The names of the partition columns.
    pub(super) fn partition_columns(&self) -> &'static [&'static str] {
        if self.partitioned { &[EVENT_DATE] } else { &[] }
    }

    /// The columns that file statistics are kept of.
    ///
    /// Statistics help where values cluster: times, and the leading columns a log is sorted and filtered by.
    /// Needles spread over every file, and JSON has no useful order, so neither is worth the room in the log.
    pub(super) fn bounded_columns(&self) -> impl Iterator<Item = (usize, &'static Column)> + use<> {
        const LEADING: usize = 10;
        self.file_columns().iter().enumerate().filter(|(index, column)| match column.kind {
            ColumnType::Timestamp | ColumnType::Date => true,
            ColumnType::Text => *index < LEADING && !column.needle,
            ColumnType::Boolean | ColumnType::Integer | ColumnType::Long => *index < LEADING,
            ColumnType::Json | ColumnType::TextList => false,
        })
    }
}

/// The text of a partition value, which is what the table's log and folder names hold.
pub(super) fn day_text(day: i32) -> Option<String> {
    let days = NaiveDate::from_epoch_days(day)?;
    Some(days.format("%Y-%m-%d").to_string())
}

/// The day of a partition value's text, in days since 1970.
pub(super) fn parse_day(text: &str) -> Option<i32> {
    Some(text.parse::<NaiveDate>().ok()?.to_epoch_days())
}

/// A new path, relative to the table's folder, that no file has had or will have.
pub(super) fn new_file(partition: Option<Option<i32>>) -> String {
    let name = format!("part-{}.zstd.parquet", Uuid::new_v4());
    match partition {
        None => name,
        Some(day) => {
            let value = day.and_then(day_text).unwrap_or_else(|| NO_DATE.to_owned());
            format!("{EVENT_DATE}={value}/{name}")
        }
    }
}

/// Tells whether a path within a table's folder is one that [`new_file`] gives.
pub(super) fn is_data_file(relative: &str, partitioned: bool) -> bool {
    let name = match relative.split_once('/') {
        None if !partitioned => relative,
        Some((folder, name)) if partitioned => {
            let value = folder.strip_prefix(EVENT_DATE).and_then(|rest| rest.strip_prefix('='));
            let is_day = |value: &str| {
                value == NO_DATE || parse_day(value).and_then(day_text).as_deref() == Some(value)
            };
            if !value.is_some_and(is_day) {
                return false;
            }
            name
        }
        _ => return false,
    };
    let id = name.strip_prefix("part-").and_then(|rest| rest.strip_suffix(".zstd.parquet"));
    id.is_some_and(|id| Uuid::try_parse(id).is_ok_and(|uuid| uuid.to_string() == id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_its_own_are_data_files() {
        for partition in [Some(Some(3)), Some(None), None] {
            let own = new_file(partition);
            assert!(is_data_file(&own, partition.is_some()), "{own}");
            assert!(!is_data_file(&own, partition.is_none()), "{own}");
            assert!(!is_data_file(&format!("x{own}"), partition.is_some()));
            assert!(!is_data_file(&format!("{own}.bak"), partition.is_some()));
        }
        for other in [
            "part-00000-6f2d64a4-2b0c-4d1e-8f55-0242ac120002-c000.snappy.parquet",
            "event_date=2026-09-17/part-1.zstd.parquet",
            "event_date=2026-9-17/part-6f2d64a4-2b0c-4d1e-8f55-0242ac120002.zstd.parquet",
            "a/event_date=2026-09-17/part-6f2d64a4-2b0c-4d1e-8f55-0242ac120002.zstd.parquet",
            "notes.txt",
        ] {
            assert!(!is_data_file(other, true) && !is_data_file(other, false), "{other}");
        }
    }

    #[test]
    fn days_round_trip_as_text() {
        assert_eq!(day_text(0).as_deref(), Some("1970-01-01"));
        assert_eq!(parse_day("2026-09-17").and_then(day_text).as_deref(), Some("2026-09-17"));
        assert_eq!(parse_day("yesterday"), None);
    }

    #[test]
    fn files_without_a_date_lie_where_other_engines_expect_them() {
        assert!(new_file(Some(None)).starts_with("event_date=__HIVE_DEFAULT_PARTITION__/part-"));
        assert!(new_file(Some(Some(0))).starts_with("event_date=1970-01-01/part-"));
        assert!(new_file(None).starts_with("part-"));
    }
}
