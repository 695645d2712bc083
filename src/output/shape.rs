//! The schema a result is written with: distinct names, and only types the format knows.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::array::RecordBatch;
use arrow::array::RecordBatchOptions;
use arrow::compute::can_cast_types;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::FieldRef;
use arrow::datatypes::Schema;
use arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;

use super::text;
use crate::error::Result;

/// Turns the batches of one result into the batches a format writes.
pub(super) struct Shape {
    schema: SchemaRef,
}

impl Shape {
    /// Plans the schema; `types` names the types that must change, at any depth.
    pub(super) fn new(schema: &Schema, types: fn(&DataType) -> Option<DataType>) -> Self {
        let mut taken = HashSet::new();
        let fields: Vec<Field> = schema
            .fields()
            .iter()
            .map(|field| {
                let name = distinct(field.name(), &mut taken);
                // Whether a column may be null is a promise that plans do not always keep, so it is not passed on.
                Field::new(name, reachable(field.data_type(), types), true)
            })
            .collect();
        Self { schema: Arc::new(Schema::new(fields)) }
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Converts the columns of one batch where they have another type.
    pub(super) fn conform(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let columns = batch
            .columns()
            .iter()
            .zip(self.schema.fields())
            .map(|(column, field)| converted(column, field))
            .collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let conformed = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options);
        Ok(conformed.map_err(DataFusionError::from)?)
    }
}

/// Finds a name that no earlier column has: a second `n` becomes `n_2`.
fn distinct(name: &str, taken: &mut HashSet<String>) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{name}_{number}");
        number += 1;
    }
    candidate
}

fn converted(column: &ArrayRef, field: &Field) -> Result<ArrayRef> {
    let (from, to) = (column.data_type(), field.data_type());
    if from == to {
        return Ok(Arc::clone(column));
    }
    // Arrow can cast a union to text too, but takes one of its members and drops the others.
    if *to == DataType::Utf8 && !is_text(from) {
        return Ok(Arc::new(text::strings(column)?));
    }
    Ok(cast(column, to).map_err(DataFusionError::from)?)
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        DataType::RunEndEncoded(_, values) => is_text(values.data_type()),
        _ => false,
    }
}

/// The type a column is converted to; its own where no cast leads to the one wished for.
fn reachable(from: &DataType, types: fn(&DataType) -> Option<DataType>) -> DataType {
    let to = changed(from, types);
    if to == DataType::Utf8 || can_cast_types(from, &to) { to } else { from.clone() }
}

fn changed(data_type: &DataType, types: fn(&DataType) -> Option<DataType>) -> DataType {
    if let Some(other) = types(data_type) {
        return other;
    }
    let inner =
        |field: &FieldRef| Arc::new(field.as_ref().clone().with_data_type(changed(field.data_type(), types)));
    match data_type {
        DataType::List(item) => DataType::List(inner(item)),
        DataType::LargeList(item) => DataType::LargeList(inner(item)),
        DataType::FixedSizeList(item, size) => DataType::FixedSizeList(inner(item), *size),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(inner).collect()),
        DataType::Map(entries, sorted) => DataType::Map(inner(entries), *sorted),
        other => other.clone(),
    }
}

/// Types for text: dictionaries unpacked, timestamps in UTC, maps with text keys.
///
/// Unpacking keeps the encoders simple and right: a dictionary hides nulls in its values. The zone is the offset
/// `+00:00`, which needs no time zone database to be read.
pub(super) fn plain(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Timestamp(unit, Some(_)) => Some(DataType::Timestamp(*unit, Some("+00:00".into()))),
        DataType::Dictionary(_, values) => Some(changed(values, plain)),
        DataType::RunEndEncoded(_, values) => Some(changed(values.data_type(), plain)),
        DataType::Map(entries, sorted) => {
            let DataType::Struct(fields) = entries.data_type() else { return None };
            let [key, value] = fields.as_ref() else { return None };
            if is_text(key.data_type()) {
                return None;
            }
            let key = Arc::new(key.as_ref().clone().with_data_type(DataType::Utf8));
            let both = DataType::Struct([key, Arc::clone(value)].into_iter().collect());
            Some(DataType::Map(Arc::new(entries.as_ref().clone().with_data_type(both)), *sorted))
        }
        _ => None,
    }
}

/// Types for files: views become plain arrays, which every reader knows and which hold no more than their rows.
pub(super) fn without_views(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Utf8View => Some(DataType::Utf8),
        DataType::BinaryView => Some(DataType::Binary),
        DataType::ListView(item) => Some(DataType::List(Arc::new(
            item.as_ref().clone().with_data_type(changed(item.data_type(), without_views)),
        ))),
        DataType::LargeListView(item) => Some(DataType::LargeList(Arc::new(
            item.as_ref().clone().with_data_type(changed(item.data_type(), without_views)),
        ))),
        _ => None,
    }
}
