//! What goes over the wire: the types that every client understands, and what each column is, in its metadata.
//!
//! The engine holds texts as views, which most clients cannot read, and large texts, dictionaries and unions, which
//! some cannot. [`schema`] is the one place that says what becomes of them; every schema that is ever stated has been
//! through it, because clients compare what was promised with what comes.
//!
//! A time without a zone is taken as UTC, and leaves with that zone; no client shows it in another zone then.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::Array;
use arrow::array::ArrayRef;
use arrow::array::AsArray;
use arrow::array::RecordBatch;
use arrow::array::RecordBatchOptions;
use arrow::compute::CastOptions;
use arrow::compute::cast_with_options;
use arrow::compute::interleave;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::FieldRef;
use arrow::datatypes::Schema;
use arrow::datatypes::SchemaRef;
use arrow::datatypes::TimeUnit;
use arrow::error::ArrowError;

/// Where the comment of a column stands in the engine's schemas.
const COMMENT: &str = "comment";

/// The schema in which rows of this schema are sent, their times in this unit.
pub(super) fn schema(schema: &Schema, unit: TimeUnit) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let data_type = data_type(field.data_type(), unit);
        let metadata = metadata(&data_type, field.metadata().get(COMMENT));
        // Not every client looks whether a column may be null, and none minds one that may.
        Field::new(field.name(), data_type, true).with_metadata(metadata)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The rows as they are sent.
///
/// # Errors
/// A value does not fit into its type on the wire, such as a time of the year 3000 in nanoseconds.
pub(super) fn batch(batch: &RecordBatch, wire: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    if batch.num_columns() != wire.fields().len() {
        return Err(ArrowError::SchemaError(format!(
            "{} columns came where {} were promised",
            batch.num_columns(),
            wire.fields().len()
        )));
    }
    let columns = batch.columns().iter().zip(wire.fields());
    let columns = columns.map(|(column, field)| array(column, field.data_type()));
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(wire), columns.collect::<Result<_, _>>()?, &options)
}

/// The array in its type on the wire.
pub(super) fn array(array: &ArrayRef, wire: &DataType) -> Result<ArrayRef, ArrowError> {
    if array.data_type() == wire {
        return Ok(Arc::clone(array));
    }
    // A value that cannot be sent is an error: it must not become a null.
    let options = CastOptions { safe: false, ..CastOptions::default() };
    match array.data_type() {
        DataType::Union(..) => texts_of_union(array, &options),
        // Times without a zone are UTC, whatever unit they are in; a zone changes no instant.
        _ => cast_with_options(array, wire, &options),
    }
}

/// The values of a union as texts.
fn texts_of_union(array: &ArrayRef, options: &CastOptions<'_>) -> Result<ArrayRef, ArrowError> {
    let union = array.as_union();
    let DataType::Union(fields, _) = union.data_type() else {
        return Err(ArrowError::SchemaError("a union is none".to_owned()));
    };
    let mut places = HashMap::new();
    let mut children = Vec::with_capacity(fields.len());
    for (place, (type_id, _)) in fields.iter().enumerate() {
        places.insert(type_id, place);
        children.push(cast_with_options(union.child(type_id), &DataType::Utf8, options)?);
    }
    let children: Vec<&dyn Array> = children.iter().map(AsRef::as_ref).collect();
    let rows = (0..union.len()).map(|row| {
        let place = places.get(&union.type_id(row)).copied().unwrap_or_default();
        (place, union.value_offset(row))
    });
    interleave(&children, &rows.collect::<Vec<_>>())
}

/// The type in which values of a type are sent.
pub(super) fn data_type(of: &DataType, unit: TimeUnit) -> DataType {
    let item = |field: &FieldRef| {
        let inner = data_type(field.data_type(), unit);
        Arc::new(Field::new(field.name(), inner, field.is_nullable()))
    };
    match of {
        DataType::Utf8View | DataType::LargeUtf8 | DataType::Null | DataType::Union(..) => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        DataType::Dictionary(_, value) => data_type(value, unit),
        DataType::RunEndEncoded(_, value) => data_type(value.data_type(), unit),
        DataType::Timestamp(..) => DataType::Timestamp(unit, Some("UTC".into())),
        DataType::Float16 => DataType::Float32,
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _) => DataType::List(item(field)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(item).collect()),
        DataType::Map(entries, sorted) => DataType::Map(item(entries), *sorted),
        other => other.clone(),
    }
}

/// What Flight SQL lets a server say of a column.
fn metadata(data_type: &DataType, comment: Option<&String>) -> HashMap<String, String> {
    let key = |name: &str| format!("ARROW:FLIGHT:SQL:{name}");
    let (name, precision, scale) = sql_type(data_type);
    let mut metadata = HashMap::from([
        (key("TYPE_NAME"), name.to_owned()),
        (key("IS_AUTO_INCREMENT"), "0".to_owned()),
        (key("IS_CASE_SENSITIVE"), u8::from(*data_type == DataType::Utf8).to_string()),
        (key("IS_READ_ONLY"), "1".to_owned()),
        (key("IS_SEARCHABLE"), "1".to_owned()),
    ]);
    if let Some(precision) = precision {
        metadata.insert(key("PRECISION"), precision.to_string());
    }
    if let Some(scale) = scale {
        metadata.insert(key("SCALE"), scale.to_string());
    }
    if let Some(comment) = comment {
        metadata.insert(key("REMARKS"), comment.clone());
        metadata.insert(COMMENT.to_owned(), comment.clone());
    }
    metadata
}

/// The name of a type in SQL, its digits, and those behind the point.
pub(super) fn sql_type(data_type: &DataType) -> (&'static str, Option<i32>, Option<i32>) {
    match data_type {
        DataType::Boolean => ("BOOLEAN", Some(1), None),
        DataType::Int8 => ("TINYINT", Some(3), Some(0)),
        DataType::Int16 => ("SMALLINT", Some(5), Some(0)),
        DataType::Int32 => ("INTEGER", Some(10), Some(0)),
        DataType::Int64 => ("BIGINT", Some(19), Some(0)),
        DataType::UInt8 => ("TINYINT UNSIGNED", Some(3), Some(0)),
        DataType::UInt16 => ("SMALLINT UNSIGNED", Some(5), Some(0)),
        DataType::UInt32 => ("INTEGER UNSIGNED", Some(10), Some(0)),
        DataType::UInt64 => ("BIGINT UNSIGNED", Some(20), Some(0)),
        DataType::Float16 | DataType::Float32 => ("REAL", Some(7), None),
        DataType::Float64 => ("DOUBLE", Some(15), None),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => {
            ("DECIMAL", Some(i32::from(*precision)), Some(i32::from(*scale)))
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => ("VARCHAR", None, None),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            ("VARBINARY", None, None)
        }
        DataType::Date32 | DataType::Date64 => ("DATE", Some(10), None),
        DataType::Time32(_) | DataType::Time64(_) => ("TIME", Some(15), None),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => ("TIMESTAMP WITH TIME ZONE", Some(29), Some(9)),
        DataType::Timestamp(..) => ("TIMESTAMP WITH TIME ZONE", Some(26), Some(6)),
        DataType::Interval(_) | DataType::Duration(_) => ("INTERVAL", None, None),
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => ("ARRAY", None, None),
        DataType::Struct(_) => ("STRUCT", None, None),
        DataType::Map(..) => ("MAP", None, None),
        _ => ("OTHER", None, None),
    }
}

#[cfg(test)]
mod tests;
