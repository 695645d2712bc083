//! Results to write, and the writing of them.

use std::io;
use std::sync::Arc;

use arrow::array::Array;
use arrow::array::ArrayRef;
use arrow::array::BooleanArray;
use arrow::array::Date32Array;
use arrow::array::Decimal128Array;
use arrow::array::DictionaryArray;
use arrow::array::Float64Array;
use arrow::array::Int32Array;
use arrow::array::Int64Array;
use arrow::array::ListBuilder;
use arrow::array::MapBuilder;
use arrow::array::RecordBatch;
use arrow::array::StringBuilder;
use arrow::array::StringViewArray;
use arrow::array::StringViewBuilder;
use arrow::array::StructArray;
use arrow::array::TimestampMicrosecondArray;
use arrow::array::UnionArray;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::Int32Type;
use arrow::datatypes::Schema;
use arrow::datatypes::SchemaRef;
use arrow::datatypes::TimeUnit;
use arrow::datatypes::UnionFields;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::output::Format;
use crate::output::Screen;
use crate::output::write;

pub(super) const PIPE: Screen = Screen { width: None, color: false, max_rows: 40 };

pub(super) fn stream(schema: &SchemaRef, batches: Vec<RecordBatch>) -> SendableRecordBatchStream {
    let batches = futures::stream::iter(batches.into_iter().map(Ok));
    Box::pin(RecordBatchStreamAdapter::new(Arc::clone(schema), batches))
}

pub(super) async fn bytes(
    format: &str,
    screen: &Screen,
    schema: &SchemaRef,
    batches: Vec<RecordBatch>,
) -> (u64, Vec<u8>) {
    let mut out = Vec::new();
    let format = Format::named(format).unwrap();
    let rows = write(stream(schema, batches), format, screen, &mut out).await.unwrap();
    (rows, out)
}

pub(super) async fn text(format: &str, screen: &Screen, batch: &RecordBatch) -> String {
    let (_, out) = bytes(format, screen, &batch.schema(), vec![batch.clone()]).await;
    String::from_utf8(out).unwrap()
}

/// What a hostile log and a rich query can bring, three rows of it; two columns have one name.
pub(super) fn awkward() -> RecordBatch {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("event_time", Arc::new(times("UTC"))),
        ("event_date", Arc::new(Date32Array::from(vec![Some(20713), None, Some(0)]))),
        (
            "user_agent",
            Arc::new(StringViewArray::from(vec![Some("say \"hi\",\n\x1b[31mred|<b>"), Some(""), None])),
        ),
        ("city", Arc::new(DictionaryArray::<Int32Type>::from_iter([Some("東京 👩‍💻"), None, Some("a\tb\\c")]))),
        ("request", Arc::new(StringViewArray::from(vec![Some("{\"k\":[1,\"é\"]}"), Some("null"), None]))),
        ("tags", tags()),
        ("n", Arc::new(Int64Array::from(vec![Some(9_007_199_254_740_993), Some(-1), None]))),
        ("n", Arc::new(Float64Array::from(vec![Some(f64::NAN), Some(-0.5), None]))),
        (
            "cost",
            Arc::new(
                Decimal128Array::from(vec![Some(-1250), Some(7), None])
                    .with_precision_and_scale(9, 2)
                    .unwrap(),
            ),
        ),
        ("ok", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ("pair", pair()),
        ("found", found()),
    ];
    RecordBatch::try_new(
        Arc::new(Schema::new(
            columns
                .iter()
                .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
                .collect::<Vec<_>>(),
        )),
        columns.into_iter().map(|(_, array)| array).collect(),
    )
    .unwrap()
}

pub(super) fn times(zone: &str) -> TimestampMicrosecondArray {
    let whole = 1_789_632_845_000_000;
    TimestampMicrosecondArray::from(vec![Some(whole), Some(whole + 250_000), None]).with_timezone(zone)
}

fn tags() -> ArrayRef {
    let mut tags = ListBuilder::new(StringViewBuilder::new());
    tags.append_value([Some("a\"b"), None]);
    tags.append_value([None::<&str>; 0]);
    tags.append_null();
    Arc::new(tags.finish())
}

fn pair() -> ArrayRef {
    let when: ArrayRef = Arc::new(times("Europe/Berlin"));
    let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    map.keys().append_value("k\n");
    map.values().append_value("v");
    map.append(true).unwrap();
    map.append(true).unwrap();
    map.append(false).unwrap();
    let map: ArrayRef = Arc::new(map.finish());
    let field = |name: &str, array: &ArrayRef| Arc::new(Field::new(name, array.data_type().clone(), true));
    Arc::new(StructArray::from(vec![(field("at", &when), when), (field("map", &map), map)]))
}

/// What the JSON functions return.
fn found() -> ArrayRef {
    let fields: UnionFields = [
        (0, Arc::new(Field::new("null", DataType::Null, true))),
        (1, Arc::new(Field::new("int", DataType::Int64, true))),
        (2, Arc::new(Field::new("str", DataType::Utf8, true))),
    ]
    .into_iter()
    .collect();
    let children: Vec<ArrayRef> = vec![
        Arc::new(arrow::array::NullArray::new(3)),
        Arc::new(Int64Array::from(vec![Some(5), None, None])),
        Arc::new(arrow::array::StringArray::from(vec![None, Some("x=\"y\""), None])),
    ];
    Arc::new(UnionArray::try_new(fields, vec![1, 2, 0].into(), None, children).unwrap())
}

/// `count` rows of five columns in batches of 700.
pub(super) fn many(count: i32) -> (SchemaRef, Vec<RecordBatch>) {
    let schema = Arc::new(Schema::new(vec![
        Field::new("event_time", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        Field::new("event_name", DataType::Utf8View, true),
        Field::new("user_agent", DataType::Utf8View, true),
        Field::new("bytes_sent", DataType::Int32, true),
        Field::new(
            "outcome",
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            true,
        ),
    ]));
    let numbers: Vec<i32> = (1..=count).collect();
    let batches = numbers.chunks(700).map(|numbers| {
        let name = |n: &i32| Some(if n % 7 == 0 { "GetCallerIdentity" } else { "AssumeRole" });
        let agent = |n: &i32| Some(format!("aws-cli/2.{n} md/awscrt#0.27 ua/2.1 os/linux md/arch#x86_64"));
        let time = |n: &i32| 1_789_632_845_000_000 + i64::from(*n) * 1_000_000;
        RecordBatch::try_new(
            Arc::clone(&schema),
            vec![
                Arc::new(
                    TimestampMicrosecondArray::from_iter_values(numbers.iter().map(time))
                        .with_timezone("UTC"),
                ),
                Arc::new(numbers.iter().map(name).collect::<StringViewArray>()),
                Arc::new(numbers.iter().map(agent).collect::<StringViewArray>()),
                Arc::new(Int32Array::from(numbers.to_vec())),
                Arc::new(
                    numbers
                        .iter()
                        .map(|n| (n % 3 > 0).then_some("denied"))
                        .collect::<DictionaryArray<Int32Type>>(),
                ),
            ],
        )
        .unwrap()
    });
    (Arc::clone(&schema), batches.collect())
}

pub(super) fn parquet_batches(out: &[u8]) -> Vec<RecordBatch> {
    let mut file = tempfile::tempfile().unwrap();
    io::Write::write_all(&mut file, out).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    reader.map(Result::unwrap).collect()
}
