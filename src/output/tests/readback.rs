//! What was written reads back as what it was.

use std::sync::Arc;

use arrow::array::Array;
use arrow::array::ArrayRef;
use arrow::array::AsArray;
use arrow::array::RecordBatch;
use arrow::array::StringViewArray;
use arrow::array::TimestampMicrosecondArray;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::Int64Type;
use arrow::datatypes::Schema;
use arrow::datatypes::TimestampMicrosecondType;
use arrow::ipc::reader::StreamReader;

use super::samples::PIPE;
use super::samples::awkward;
use super::samples::bytes;
use super::samples::parquet_batches;
use super::samples::text;

#[tokio::test]
async fn csv_reads_back() {
    let written = text("csv", &PIPE, &awkward()).await;
    let schema = Arc::new(Schema::new(
        (0..12).map(|place| Field::new(format!("c{place}"), DataType::Utf8, true)).collect::<Vec<_>>(),
    ));
    let mut reader =
        arrow::csv::ReaderBuilder::new(schema).with_header(true).build(written.as_bytes()).unwrap();
    let batch = reader.next().unwrap().unwrap();
    assert_eq!(batch.num_rows(), 3);
    assert_eq!(batch.column(2).as_string::<i32>().value(0), "say \"hi\",\n\x1b[31mred|<b>");
    assert_eq!(batch.column(4).as_string::<i32>().value(0), "{\"k\":[1,\"é\"]}");
    assert_eq!(batch.column(5).as_string::<i32>().value(0), "[\"a\\\"b\",null]");
    assert_eq!(batch.column(6).as_string::<i32>().value(0), "9007199254740993");
}

#[tokio::test]
async fn csv_keeps_rows_of_a_single_null() {
    let nothing: ArrayRef = Arc::new(StringViewArray::from(vec![None, Some("x")]));
    let batch = RecordBatch::try_from_iter([("only", nothing)]).unwrap();
    assert_eq!(text("csv", &PIPE, &batch).await, "only\n\"\"\nx\n");
}

#[tokio::test]
async fn json_reads_back() {
    let array: serde_json::Value = serde_json::from_str(&text("json", &PIPE, &awkward()).await).unwrap();
    let lines: Vec<serde_json::Value> = text("ndjson", &PIPE, &awkward())
        .await
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(array.as_array().unwrap(), &lines);
    assert_eq!(lines[0].as_object().unwrap().len(), 12);
    assert_eq!(lines[0]["n"], serde_json::json!(9_007_199_254_740_993_i64));
    assert_eq!(lines[0]["user_agent"], "say \"hi\",\n\x1b[31mred|<b>");
    assert_eq!(lines[0]["found"], 5);
    assert!(lines[2].as_object().unwrap().values().filter(|value| !value.is_null()).count() == 3);
}

#[tokio::test]
async fn json_stays_valid_where_a_time_is_out_of_range() {
    let never: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![i64::MAX]).with_timezone("UTC"));
    let batch = RecordBatch::try_from_iter([("t", never)]).unwrap();
    serde_json::from_str::<serde_json::Value>(&text("json", &PIPE, &batch).await).unwrap();
}

#[tokio::test]
async fn parquet_reads_back() {
    let (rows, out) = bytes("parquet", &PIPE, &awkward().schema(), vec![awkward()]).await;
    assert_eq!(rows, 3);
    let batch = parquet_batches(&out).remove(0);
    check_columns(&batch);
    assert_eq!(batch.column(11).as_string::<i32>().value(0), "5");
}

#[tokio::test]
async fn arrow_reads_back() {
    let (_, out) = bytes("arrow", &PIPE, &awkward().schema(), vec![awkward(), awkward()]).await;
    let batches: Vec<_> = StreamReader::try_new(out.as_slice(), None).unwrap().map(Result::unwrap).collect();
    assert_eq!(batches.len(), 2);
    check_columns(&batches[0]);
}

fn check_columns(batch: &RecordBatch) {
    assert_eq!(batch.schema_ref().field(7).name(), "n_2");
    assert_eq!(batch.column(0).as_primitive::<TimestampMicrosecondType>().value(1), 1_789_632_845_250_000);
    assert_eq!(batch.column(2).as_string::<i32>().value(0), "say \"hi\",\n\x1b[31mred|<b>");
    assert_eq!(batch.column(5).as_list::<i32>().value(0).as_string::<i32>().value(0), "a\"b");
    assert_eq!(batch.column(6).as_primitive::<Int64Type>().value(0), 9_007_199_254_740_993);
    assert!(batch.columns().iter().filter(|column| column.logical_null_count() > 0).count() >= 10);
}
