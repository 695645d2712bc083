//! Every type that the engine can give is one that clients know.

use arrow::array::BinaryViewArray;
use arrow::array::DictionaryArray;
use arrow::array::Int64Array;
use arrow::array::LargeStringArray;
use arrow::array::ListBuilder;
use arrow::array::NullArray;
use arrow::array::StringViewArray;
use arrow::array::StringViewBuilder;
use arrow::array::StructArray;
use arrow::array::TimestampNanosecondArray;
use arrow::array::TimestampSecondArray;
use arrow::array::UnionArray;
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::Int8Type;
use arrow::datatypes::UnionFields;
use arrow::util::pretty::pretty_format_batches;

use super::*;

fn columns() -> Vec<(&'static str, ArrayRef)> {
    let mut list = ListBuilder::new(StringViewBuilder::new());
    list.append_value([Some("a"), None]);
    list.append_null();
    let texts: ArrayRef =
        Arc::new(StringViewArray::from(vec![Some("a long text of more than twelve"), None]));
    let inner = Field::new("inner", DataType::Utf8View, true);
    let fields = UnionFields::try_new(
        [3, 5],
        [Field::new("text", DataType::Utf8, true), Field::new("number", DataType::Int64, true)],
    );
    let children: Vec<ArrayRef> =
        vec![Arc::new(arrow::array::StringArray::from(vec!["x"])), Arc::new(Int64Array::from(vec![7]))];
    let ids = ScalarBuffer::from(vec![5_i8, 3]);
    let union = UnionArray::try_new(fields.unwrap(), ids, Some(ScalarBuffer::from(vec![0, 0])), children);
    vec![
        ("view", Arc::clone(&texts)),
        ("large", Arc::new(LargeStringArray::from(vec!["b", "c"]))),
        ("bytes", Arc::new(BinaryViewArray::from(vec![b"d".as_ref(), b"e"]))),
        ("dictionary", Arc::new(vec!["f", "f"].into_iter().collect::<DictionaryArray<Int8Type>>())),
        ("list", Arc::new(list.finish())),
        ("struct", Arc::new(StructArray::from(vec![(Arc::new(inner), texts)]))),
        ("nanoseconds", Arc::new(TimestampNanosecondArray::from(vec![1_789_632_845_000_001_999, 0]))),
        ("elsewhere", Arc::new(TimestampSecondArray::from(vec![0, 1]).with_timezone("+02:00"))),
        ("nothing", Arc::new(NullArray::new(2))),
        ("union", Arc::new(union.unwrap())),
    ]
}

#[test]
fn all_types_become_ones_that_clients_know() {
    let rows = RecordBatch::try_from_iter_with_nullable(
        columns().into_iter().map(|(name, column)| (name, column, true)),
    )
    .unwrap();
    let wire = schema(rows.schema_ref(), TimeUnit::Microsecond);
    let sent = batch(&rows, &wire).unwrap();
    assert_eq!(sent.schema(), wire);
    let types = wire.fields().iter().map(|field| format!("{}: {}\n", field.name(), field.data_type()));
    insta::assert_snapshot!(types.collect::<String>() + &pretty_format_batches(&[sent]).unwrap().to_string());
    // What is told of what was told is the same.
    let again = schema(&wire, TimeUnit::Microsecond);
    assert_eq!(data_types(&again), data_types(&wire));
}

fn data_types(schema: &Schema) -> Vec<&DataType> {
    schema.fields().iter().map(|field| field.data_type()).collect()
}

#[test]
fn columns_are_described() {
    let comment = HashMap::from([(COMMENT.to_owned(), "When".to_owned())]);
    let time = Field::new("t", DataType::Timestamp(TimeUnit::Second, None), false).with_metadata(comment);
    let schema = schema(&Schema::new(vec![time]), TimeUnit::Nanosecond);
    let field = schema.field(0);
    assert!(field.is_nullable());
    let told = |key: &str| field.metadata().get(&format!("ARROW:FLIGHT:SQL:{key}")).map(String::as_str);
    assert_eq!(told("TYPE_NAME"), Some("TIMESTAMP WITH TIME ZONE"));
    assert_eq!(told("PRECISION"), Some("29"));
    assert_eq!(told("SCALE"), Some("9"));
    assert_eq!(told("REMARKS"), Some("When"));
}

#[test]
fn a_value_that_cannot_be_sent_is_an_error() {
    let far: ArrayRef = Arc::new(TimestampSecondArray::from(vec![i64::MAX / 2]));
    let rows = RecordBatch::try_from_iter([("far", far)]).unwrap();
    let error = batch(&rows, &schema(rows.schema_ref(), TimeUnit::Nanosecond)).unwrap_err();
    assert!(error.to_string().to_lowercase().contains("overflow"), "{error}");
}
