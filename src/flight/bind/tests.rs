//! Values of every kind that clients bind.

use arrow::array::Float64Array;
use arrow::array::Int8Array;
use arrow::array::Int64Array;
use arrow::array::StringArray;
use arrow::array::UnionArray;
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::UnionFields;

use super::*;

fn row(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    let fields = columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true));
    let schema = Schema::new(fields.collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.iter().map(|(_, column)| Arc::clone(column)).collect())
        .unwrap()
}

fn text(value: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

/// A union as flightsql-dbapi sends each value.
fn union(value: i64) -> ArrayRef {
    let fields = UnionFields::try_new(
        [0, 1],
        [Field::new("string", DataType::Utf8, true), Field::new("int", DataType::Int64, true)],
    );
    let children: Vec<ArrayRef> = vec![text("other"), Arc::new(Int64Array::from(vec![value]))];
    let ids = ScalarBuffer::from(vec![1_i8]);
    Arc::new(UnionArray::try_new(fields.unwrap(), ids, Some(ScalarBuffer::from(vec![0])), children).unwrap())
}

fn bound(row: &RecordBatch, parameters: &[Parameter]) -> Result<HashMap<String, ScalarValue>, Status> {
    decode(&encode(&fit(row, parameters)?)?)
}

#[test]
fn values_are_bound_by_position_and_cast() {
    let parameters = [("1".to_owned(), Some(DataType::Utf8View)), ("2".to_owned(), Some(DataType::Int32))];
    let row = row(&[("param_0", text("a")), ("2", union(7))]);
    let values = bound(&row, &parameters).unwrap();
    assert_eq!(values["1"], ScalarValue::Utf8View(Some("a".to_owned())));
    assert_eq!(values["2"], ScalarValue::Int32(Some(7)));
}

#[test]
fn values_are_bound_by_name_where_all_have_one() {
    let parameters = [("since".to_owned(), None), ("who".to_owned(), Some(DataType::Utf8))];
    let row = row(&[("$who", text("a")), ("$since", Arc::new(Int8Array::from(vec![3])))]);
    let values = bound(&row, &parameters).unwrap();
    assert_eq!(values["who"], ScalarValue::Utf8(Some("a".to_owned())));
    assert_eq!(values["since"], ScalarValue::Int8(Some(3)));
}

#[test]
fn what_does_not_fit_is_refused() {
    let parameters = [("1".to_owned(), Some(DataType::Int32))];
    let message = |row: &RecordBatch| bound(row, &parameters).unwrap_err().message().to_owned();
    let wrong = message(&row(&[("1", text("x"))]));
    assert!(wrong.starts_with("parameter 1: a value of type Utf8 is no Int32"), "{wrong}");
    let large = message(&row(&[("1", Arc::new(Float64Array::from(vec![1e300])))]));
    assert!(large.starts_with("parameter 1: a value of type Float64 is no Int32"), "{large}");
    let two = message(&row(&[("1", union(1)), ("2", union(2))]));
    assert_eq!(two, "the statement has 1 parameters, and 2 values were bound");
}

#[test]
fn clients_are_asked_for_types_that_they_know() {
    let time = DataType::Timestamp(TimeUnit::Nanosecond, None);
    let schema = schema(&[
        ("1".to_owned(), Some(DataType::Utf8View)),
        ("2".to_owned(), None),
        ("3".to_owned(), Some(time)),
    ]);
    let types: Vec<_> = schema.fields().iter().map(|field| field.data_type().clone()).collect();
    let utc = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    assert_eq!(types, [DataType::Utf8, DataType::Utf8, utc]);
}
