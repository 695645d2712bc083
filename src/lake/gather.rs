//! Rows of many objects, put into the order of the files: by day, then by the log's sort columns.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::Array;
use arrow::array::ArrayRef;
use arrow::array::AsArray;
use arrow::array::RecordBatch;
use arrow::array::new_null_array;
use arrow::compute::interleave;
use arrow::datatypes::DataType;
use arrow::datatypes::Date32Type;
use arrow::datatypes::Int32Type;
use arrow::datatypes::Int64Type;
use arrow::datatypes::SchemaRef;
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;

/// Where a row is: its batch and its place in it.
pub(super) type RowAt = (u32, u32);

/// A row and its two sort keys.
type Keyed = (u64, u64, RowAt);

/// Rows copied at a time: few enough for the caches, enough to amortise the call for each column.
const CHUNK_ROWS: usize = 2048;
/// Bytes copied at a time, so that rows of megabytes neither fill the memory nor overflow an offset.
const CHUNK_BYTES: usize = 32 << 20;

/// Sorts the rows of the batches into days, and within a day by the sort columns; equal rows stay in order.
///
/// The day is in the batches' last column. At most the first two sort columns count.
pub(super) fn by_day(
    batches: &[RecordBatch],
    sort_columns: &[&str],
) -> Result<BTreeMap<Option<i32>, Vec<RowAt>>, ArrowError> {
    let mut days: BTreeMap<Option<i32>, Vec<Keyed>> = BTreeMap::new();
    let first = sort_keys(batches, sort_columns.first().copied())?;
    let second = sort_keys(batches, sort_columns.get(1).copied())?;
    let mut keys = first.into_iter().zip(second);
    for (batch, at) in batches.iter().zip(0_u32..) {
        let last = batch.columns().last().and_then(|column| column.as_primitive_opt::<Date32Type>());
        let dates = last.ok_or_else(|| ArrowError::SchemaError("the last column is no date".into()))?;
        let mut run: Option<(Option<i32>, &mut Vec<Keyed>)> = None;
        // A run of rows of one day, which is the rule, looks its list up once.
        for (day, row) in dates.iter().zip(0_u32..) {
            let (first, second) = keys.next().unwrap_or_default();
            match &mut run {
                Some((same, rows)) if *same == day => rows.push((first, second, (at, row))),
                _ => {
                    // Ends the borrow of the old list before the map is changed.
                    let rows = days.entry(day).or_default();
                    rows.push((first, second, (at, row)));
                    run = Some((day, rows));
                }
            }
        }
    }
    let sorted = days.into_iter().map(|(day, mut rows)| {
        rows.sort_unstable();
        (day, rows.into_iter().map(|(_, _, row)| row).collect())
    });
    Ok(sorted.collect())
}

/// A number for each row that orders the rows as the column's values do; nulls come first.
fn sort_keys(batches: &[RecordBatch], name: Option<&str>) -> Result<Vec<u64>, ArrowError> {
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let Some(name) = name else { return Ok(vec![0; rows]) };
    let columns = batches.iter().map(|batch| {
        batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("no column {name}")))
    });
    let columns: Vec<&ArrayRef> = columns.collect::<Result<_, _>>()?;
    let mut keys = Vec::with_capacity(rows);
    match columns.first().map(|column| column.data_type()) {
        None => {}
        Some(DataType::Utf8) => text_keys(&columns, &mut keys),
        Some(DataType::Timestamp(_, _)) => {
            for column in columns {
                let values = column.as_primitive::<TimestampMicrosecondType>();
                keys.extend(values.iter().map(|value| value.map_or(0, number_key)));
            }
        }
        Some(DataType::Int64) => {
            for column in columns {
                let values = column.as_primitive::<Int64Type>();
                keys.extend(values.iter().map(|value| value.map_or(0, number_key)));
            }
        }
        Some(DataType::Int32) => {
            for column in columns {
                let values = column.as_primitive::<Int32Type>();
                keys.extend(values.iter().map(|value| value.map_or(0, |value| number_key(value.into()))));
            }
        }
        Some(other) => {
            return Err(ArrowError::SchemaError(format!("cannot sort by {name}, which is {other}")));
        }
    }
    Ok(keys)
}

/// Orders numbers as unsigned ones. The least number shares its key with null, which harms no reader.
fn number_key(value: i64) -> u64 {
    (value as u64) ^ (1 << 63)
}

/// Ranks texts: sorting a few distinct ones once is cheaper than comparing them for every pair of rows.
fn text_keys(columns: &[&ArrayRef], keys: &mut Vec<u64>) {
    let mut places: HashMap<&str, u64> = HashMap::new();
    for column in columns {
        let values = column.as_string::<i32>();
        let mut last: Option<(&str, u64)> = None;
        for value in values.iter() {
            let place = match (value, last) {
                (None, _) => 0,
                (Some(text), Some((same, place))) if same == text => place,
                (Some(text), _) => {
                    let next = places.len() as u64 + 1;
                    let place = *places.entry(text).or_insert(next);
                    last = Some((text, place));
                    place
                }
            };
            keys.push(place);
        }
    }
    let mut distinct: Vec<(&str, u64)> = places.into_iter().collect();
    distinct.sort_unstable();
    let mut ranks = vec![0_u64; distinct.len() + 1];
    for ((_, place), rank) in distinct.into_iter().zip(1_u64..) {
        if let Some(slot) = ranks.get_mut(place as usize) {
            *slot = rank;
        }
    }
    for key in keys {
        *key = ranks.get(*key as usize).copied().unwrap_or(0);
    }
}

/// Below this, no chunk can overflow the offsets of a text column.
const UNSIZED_BYTES: usize = 512 << 20;

/// The given rows of the batches in their order, in chunks of bounded size.
pub(super) struct Chunks<'a> {
    batches: &'a [RecordBatch],
    rows: &'a [RowAt],
    sizes: Vec<Vec<u32>>,
    schema: SchemaRef,
}

impl<'a> Chunks<'a> {
    /// Takes the leading columns of the batches, as many as the schema has.
    pub(super) fn new(batches: &'a [RecordBatch], rows: &'a [RowAt], schema: SchemaRef) -> Self {
        let total: usize = batches.iter().map(RecordBatch::get_array_memory_size).sum();
        let rows_in_all: usize = batches.iter().map(RecordBatch::num_rows).sum();
        // Rows that are small as a rule need no sizes: sixty columns of offsets are much to read for nothing.
        let ordinary = total <= UNSIZED_BYTES && total / rows_in_all.max(1) <= CHUNK_BYTES / CHUNK_ROWS;
        let sizes = if ordinary { Vec::new() } else { batches.iter().map(row_sizes).collect() };
        Self { batches, rows, sizes, schema }
    }

    fn chunk_rows(&self) -> usize {
        let mut bytes = 0;
        let mut count = 0;
        for (batch, row) in self.rows.iter().take(CHUNK_ROWS) {
            let size = self.sizes.get(*batch as usize).and_then(|sizes| sizes.get(*row as usize));
            bytes += size.copied().unwrap_or(0) as usize;
            if count > 0 && bytes > CHUNK_BYTES {
                break;
            }
            count += 1;
        }
        count
    }

    fn gather(&self, rows: &[RowAt]) -> Result<RecordBatch, ArrowError> {
        if let Some(slice) = self.contiguous(rows) {
            return Ok(slice);
        }
        // Each batch's place among those that are used: none at first.
        let mut places = vec![usize::MAX; self.batches.len()];
        let mut used: Vec<&RecordBatch> = Vec::new();
        let mut at: Vec<(usize, usize)> = Vec::with_capacity(rows.len());
        let mut last = None;
        for (batch, row) in rows {
            let place = match last {
                Some((same, place)) if same == *batch => place,
                _ => {
                    let known = places.get(*batch as usize).copied().filter(|place| *place != usize::MAX);
                    known.unwrap_or_else(|| {
                        let place = used.len();
                        if let Some(slot) = places.get_mut(*batch as usize) {
                            *slot = place;
                        }
                        used.extend(self.batches.get(*batch as usize));
                        place
                    })
                }
            };
            last = Some((*batch, place));
            at.push((place, *row as usize));
        }
        let columns = self.schema.fields().iter().enumerate().map(|(index, field)| {
            let arrays: Vec<&dyn Array> = used.iter().map(|batch| batch.column(index).as_ref()).collect();
            if arrays.iter().all(|array| array.null_count() == array.len()) {
                return Ok(new_null_array(field.data_type(), at.len()));
            }
            interleave(&arrays, &at)
        });
        RecordBatch::try_new(Arc::clone(&self.schema), columns.collect::<Result<_, _>>()?)
    }

    /// Rows that lie one after the other in one batch need no copy.
    fn contiguous(&self, rows: &[RowAt]) -> Option<RecordBatch> {
        let (batch, first) = *rows.first()?;
        let (_, last) = *rows.last()?;
        if last.checked_sub(first)? as usize != rows.len() - 1 {
            return None;
        }
        if !rows.iter().zip(first..).all(|(row, next)| row.cmp(&(batch, next)) == Ordering::Equal) {
            return None;
        }
        let batch = self.batches.get(batch as usize)?.slice(first as usize, rows.len());
        let columns = batch.columns().iter().take(self.schema.fields().len()).cloned().collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns).ok()
    }
}

impl Iterator for Chunks<'_> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (chunk, rest) = self.rows.split_at_checked(self.chunk_rows())?;
        self.rows = rest;
        (!chunk.is_empty()).then(|| self.gather(chunk))
    }
}

/// The bytes of text in each row.
fn row_sizes(batch: &RecordBatch) -> Vec<u32> {
    let mut sizes = vec![0_u32; batch.num_rows()];
    for column in batch.columns() {
        if let Some(texts) = column.as_string_opt::<i32>() {
            let offsets = texts.value_offsets();
            for (size, pair) in sizes.iter_mut().zip(offsets.windows(2)) {
                if let [start, end] = pair {
                    *size = size.saturating_add(end.wrapping_sub(*start) as u32);
                }
            }
        }
    }
    sizes
}

#[cfg(test)]
mod tests {
    use arrow::array::Date32Array;
    use arrow::array::Int64Array;
    use arrow::array::StringArray;
    use arrow::datatypes::Field;
    use arrow::datatypes::Schema;

    use super::*;

    fn batch(accounts: Vec<Option<&str>>, times: Vec<Option<i64>>, days: Vec<Option<i32>>) -> RecordBatch {
        let schema = Schema::new(vec![
            Field::new("account", DataType::Utf8, true),
            Field::new("time", DataType::Int64, true),
            Field::new("day", DataType::Date32, true),
        ]);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(accounts)),
            Arc::new(Int64Array::from(times)),
            Arc::new(Date32Array::from(days)),
        ];
        RecordBatch::try_new(Arc::new(schema), columns).unwrap()
    }

    #[test]
    fn rows_are_sorted_within_their_day_and_equal_ones_keep_their_order() {
        let batches = [
            batch(vec![Some("b"), Some("a"), None], vec![Some(1), Some(-5), Some(9)], vec![Some(2); 3]),
            batch(
                vec![Some("a"), Some("b"), Some("a")],
                vec![Some(-6), Some(1), None],
                vec![Some(2), Some(2), None],
            ),
        ];
        let days = by_day(&batches, &["account", "time"]).unwrap();
        assert_eq!(days[&Some(2)], [(0, 2), (1, 0), (0, 1), (0, 0), (1, 1)]);
        assert_eq!(days[&None], [(1, 2)]);
        let rows = &days[&Some(2)];
        let schema = Arc::new(batches[0].schema().project(&[0, 1]).unwrap());
        let chunks: Vec<RecordBatch> = Chunks::new(&batches, rows, schema).map(Result::unwrap).collect();
        assert_eq!(chunks.len(), 1);
        let times: Vec<_> = chunks[0].column(1).as_primitive::<Int64Type>().iter().collect();
        assert_eq!(times, [Some(9), Some(-6), Some(-5), Some(1), Some(1)]);
    }

    #[test]
    fn huge_rows_come_in_small_chunks() {
        let text = "x".repeat(20 << 20);
        let batches = [batch(vec![Some(&text), Some("a"), Some(&text)], vec![None; 3], vec![None; 3])];
        let rows: Vec<RowAt> = vec![(0, 2), (0, 1), (0, 0)];
        let chunks = Chunks::new(&batches, &rows, batches[0].schema());
        let counts: Vec<usize> = chunks.map(|chunk| chunk.unwrap().num_rows()).collect();
        assert_eq!(counts, [2, 1]);
    }

    #[test]
    fn rows_in_order_are_not_copied() {
        let batches = [batch(vec![Some("a"); 4], vec![Some(1); 4], vec![None; 4])];
        let rows: Vec<RowAt> = vec![(0, 1), (0, 2)];
        let chunk = Chunks::new(&batches, &rows, batches[0].schema()).next().unwrap().unwrap();
        let (whole, part) = (batches[0].column(0).to_data(), chunk.column(0).to_data());
        assert_eq!(whole.buffers()[1].as_ptr(), part.buffers()[1].as_ptr());
    }
}
