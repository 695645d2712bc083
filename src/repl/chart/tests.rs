use arrow::array::ArrayRef;
use arrow::array::Int64Array;
use arrow::array::StringViewArray;
use arrow::array::TimestampMicrosecondArray;

use super::*;

const NOON: i64 = 1_789_646_400_000_000;

fn calls() -> RecordBatch {
    let names: ArrayRef = Arc::new(StringViewArray::from(vec![
        Some("GetCallerIdentity"),
        Some("AssumeRole"),
        Some("\x1b[2Jhostile"),
        Some("日本語のとても長い名前が付いているのでここで切られるはずです"),
        None,
    ]));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1200), Some(600), Some(7), Some(0), None]));
    RecordBatch::try_from_iter_with_nullable([("event_name", names, true), ("calls", numbers, true)]).unwrap()
}

fn hours() -> RecordBatch {
    let hour = |n: i64| NOON + n * 3_600_000_000;
    let times = TimestampMicrosecondArray::from(vec![
        Some(hour(0)),
        Some(hour(1)),
        Some(hour(4)),
        None,
        Some(hour(6)),
    ]);
    let times: ArrayRef = Arc::new(times.with_timezone("UTC"));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![10, 40, 5, 1, 20]));
    RecordBatch::try_from_iter_with_nullable([("hour", times, true), ("events", numbers, true)]).unwrap()
}

#[test]
fn bars_are_as_long_as_their_numbers() {
    insta::assert_snapshot!(draw(&[calls()], None, &[], 72).unwrap());
}

#[test]
fn a_line_goes_over_time() {
    insta::assert_snapshot!(draw(&[hours()], None, &[], 60).unwrap());
}

#[test]
fn a_timeline_counts_rows_or_sums() {
    let columns = ["hour".to_owned(), "events".to_owned()];
    let counted = draw(&[hours()], Some(Kind::Timeline), &[], 60).unwrap();
    let summed = draw(&[hours()], Some(Kind::Timeline), &columns, 60).unwrap();
    insta::assert_snapshot!(format!("{counted}\n{summed}"));
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let told = |batches: &[RecordBatch], kind, columns: &[&str]| {
        let columns: Vec<_> = columns.iter().map(|name| (*name).to_owned()).collect();
        let error = draw(batches, kind, &columns, 60).unwrap_err();
        format!("{error} / {}", error.hint().unwrap_or_default())
    };
    insta::assert_snapshot!(
        [
            told(&[], None, &[]),
            told(&[calls()], Some(Kind::Timeline), &[]),
            told(&[calls()], None, &["event_nmae"]),
            told(&[calls().project(&[0]).unwrap()], None, &[]),
        ]
        .join("\n")
    );
}
