//! How tables fit the screen.

use std::sync::Arc;
use std::sync::Weak;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use arrow::array::ArrayRef;
use arrow::array::Int64Array;
use arrow::array::RecordBatch;
use arrow::array::StringViewArray;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::Schema;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use unicode_width::UnicodeWidthStr;

use super::samples::PIPE;
use super::samples::awkward;
use super::samples::bytes;
use super::samples::many;
use super::samples::stream;
use super::samples::text;
use crate::output::Format;
use crate::output::Look;
use crate::output::Screen;
use crate::output::write;
use crate::output::write_as;

#[tokio::test]
async fn table_as_text() {
    insta::assert_snapshot!(text("table", &PIPE, &awkward()).await, @r#"
    event_time               │ event_date │ user_agent                 │ city    │ request       │ tags          │                n │  n_2 │   cost │ ok    │ pair                                            │ found
    ─────────────────────────┼────────────┼────────────────────────────┼─────────┼───────────────┼───────────────┼──────────────────┼──────┼────────┼───────┼─────────────────────────────────────────────────┼──────
    2026-09-17T08:14:05Z     │ 2026-09-17 │ say "hi",\n\x1b[31mred|<b> │ 東京 👩‍💻 │ {"k":[1,"é"]} │ ["a\"b",null] │ 9007199254740993 │  NaN │ -12.50 │ true  │ {"at":"2026-09-17T08:14:05Z","map":{"k\n":"v"}} │ 5
    2026-09-17T08:14:05.250Z │            │                            │         │ null          │ []            │               -1 │ -0.5 │   0.07 │ false │ {"at":"2026-09-17T08:14:05.250Z","map":{}}      │ x="y"
                             │ 1970-01-01 │                            │ a\tb\c  │               │               │                  │      │        │       │ {"at":null,"map":null}                          │
    (3 rows)
    "#);
}

#[tokio::test]
async fn table_on_a_terminal() {
    let screen = Screen { width: Some(80), color: true, max_rows: 40 };
    let shown = text("table", &screen, &awkward()).await;
    insta::assert_snapshot!(shown.replace('\x1b', "<ESC>"), @r#"
    <ESC>[1mevent_time<ESC>[0m               │ <ESC>[1mevent_date<ESC>[0m │ <ESC>[1muser_agent<ESC>[0m   │ <ESC>[1mcity<ESC>[0m    │ <ESC>[1mrequest<ESC>[0m     │ …
    <ESC>[2mtimestamp<ESC>[0m                │ <ESC>[2mdate<ESC>[0m       │ <ESC>[2mtext<ESC>[0m         │ <ESC>[2mtext<ESC>[0m    │ <ESC>[2mtext<ESC>[0m        │ …
    ─────────────────────────┼────────────┼──────────────┼─────────┼─────────────┼──
    2026-09-17T08:14:05Z     │ 2026-09-17 │ say "hi",\n… │ 東京 👩‍💻 │ {"k":[1,"é… │ …
    2026-09-17T08:14:05.250Z │ <ESC>[2mNULL<ESC>[0m       │              │ <ESC>[2mNULL<ESC>[0m    │ null        │ …
    <ESC>[2mNULL<ESC>[0m                     │ 1970-01-01 │ <ESC>[2mNULL<ESC>[0m         │ a\tb\c  │ <ESC>[2mNULL<ESC>[0m        │ …
    <ESC>[2m5 of 12 columns shown; --format vertical shows all<ESC>[0m
    <ESC>[2m(3 rows)<ESC>[0m
    "#);
}

#[tokio::test]
async fn table_of_many_rows() {
    let (schema, batches) = many(2900);
    let mut shown = String::new();
    for width in [40, 80, 200] {
        let screen = Screen { width: Some(width), color: false, max_rows: 5 };
        let (rows, out) = bytes("table", &screen, &schema, batches.clone()).await;
        assert_eq!(rows, 2900);
        shown.push_str(&String::from_utf8(out).unwrap());
        shown.push('\n');
    }
    insta::assert_snapshot!(shown, @r#"
    event_time           │ event_name │ …
    timestamp            │ text       │ …
    ─────────────────────┼────────────┼──
    2026-09-17T08:14:06Z │ AssumeRole │ …
    2026-09-17T08:14:07Z │ AssumeRole │ …
    2026-09-17T08:14:08Z │ AssumeRole │ …
    … 2,895 rows hidden …
    2026-09-17T09:02:24Z │ AssumeRole │ …
    2026-09-17T09:02:25Z │ AssumeRole │ …
    2 of 5 columns shown
    (2,900 rows)

    event_time           │ event_name │ user_agent            │ bytes_sent │ outcome
    timestamp            │ text       │ text                  │        int │ text
    ─────────────────────┼────────────┼───────────────────────┼────────────┼────────
    2026-09-17T08:14:06Z │ AssumeRole │ aws-cli/2.1 md/awscr… │          1 │ denied
    2026-09-17T08:14:07Z │ AssumeRole │ aws-cli/2.2 md/awscr… │          2 │ denied
    2026-09-17T08:14:08Z │ AssumeRole │ aws-cli/2.3 md/awscr… │          3 │
    … 2,895 rows hidden; --format csv prints all …
    2026-09-17T09:02:24Z │ AssumeRole │ aws-cli/2.2899 md/aw… │       2899 │ denied
    2026-09-17T09:02:25Z │ AssumeRole │ aws-cli/2.2900 md/aw… │       2900 │ denied
    (2,900 rows)

    event_time           │ event_name │ user_agent                                                   │ bytes_sent │ outcome
    timestamp            │ text       │ text                                                         │        int │ text
    ─────────────────────┼────────────┼──────────────────────────────────────────────────────────────┼────────────┼────────
    2026-09-17T08:14:06Z │ AssumeRole │ aws-cli/2.1 md/awscrt#0.27 ua/2.1 os/linux md/arch#x86_64    │          1 │ denied
    2026-09-17T08:14:07Z │ AssumeRole │ aws-cli/2.2 md/awscrt#0.27 ua/2.1 os/linux md/arch#x86_64    │          2 │ denied
    2026-09-17T08:14:08Z │ AssumeRole │ aws-cli/2.3 md/awscrt#0.27 ua/2.1 os/linux md/arch#x86_64    │          3 │
    … 2,895 rows hidden; --format csv prints all …
    2026-09-17T09:02:24Z │ AssumeRole │ aws-cli/2.2899 md/awscrt#0.27 ua/2.1 os/linux md/arch#x86_64 │       2899 │ denied
    2026-09-17T09:02:25Z │ AssumeRole │ aws-cli/2.2900 md/awscrt#0.27 ua/2.1 os/linux md/arch#x86_64 │       2900 │ denied
    (2,900 rows)
    "#);
}

#[tokio::test]
async fn table_of_many_columns() {
    let fields: Vec<_> = (1..=70).map(|n| Field::new(format!("column_{n}"), DataType::Int64, true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let columns = (1..=70).map(|n| Arc::new(Int64Array::from(vec![n * 1000])) as ArrayRef).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
    let mut shown = String::new();
    for width in [40, 80] {
        let screen = Screen { width: Some(width), color: false, max_rows: 40 };
        shown.push_str(&text("table", &screen, &batch).await);
    }
    insta::assert_snapshot!(shown, @r#"
    column_1 │ column_2 │ column_3 │ …
      bigint │   bigint │   bigint │ …
    ─────────┼──────────┼──────────┼──
        1000 │     2000 │     3000 │ …
    3 of 70 columns shown
    (1 row)
    column_1 │ column_2 │ column_3 │ column_4 │ column_5 │ column_6 │ column_7 │ …
      bigint │   bigint │   bigint │   bigint │   bigint │   bigint │   bigint │ …
    ─────────┼──────────┼──────────┼──────────┼──────────┼──────────┼──────────┼──
        1000 │     2000 │     3000 │     4000 │     5000 │     6000 │     7000 │ …
    7 of 70 columns shown; --format vertical shows all
    (1 row)
    "#);
}

#[tokio::test]
async fn tables_never_exceed_the_terminal() {
    let (schema, batches) = many(100);
    for width in 8..=220 {
        let screen = Screen { width: Some(width), color: false, max_rows: 40 };
        let (_, out) = bytes("table", &screen, &schema, batches.clone()).await;
        let mut wide = bytes("table", &screen, &awkward().schema(), vec![awkward()]).await.1;
        wide.extend(out);
        // Notes under the table may wrap on a screen too narrow for them.
        for line in String::from_utf8(wide).unwrap().lines().filter(|line| line.contains(['│', '─'])) {
            assert!(line.width() <= width, "{width}: {line}");
        }
    }
}

#[tokio::test]
async fn the_table_shows_the_first_and_the_last_rows() {
    for (count, max_rows, expected) in [
        (3, 3, vec![1, 2, 3]),
        (4, 3, vec![1, 2, 4]),
        (2000, 4, vec![1, 2, 1999, 2000]),
        (9, 0, vec![]),
        (9, 1, vec![1]),
    ] {
        let (schema, batches) = many(count);
        let screen = Screen { width: None, color: false, max_rows };
        let (_, out) = bytes("table", &screen, &schema, batches).await;
        let out = String::from_utf8(out).unwrap();
        let shown: Vec<i32> =
            out.lines().filter_map(|line| line.split('│').nth(3)?.trim().parse().ok()).collect();
        assert_eq!(shown, expected, "{out}");
        let hidden = count as usize - expected.len();
        assert_eq!(out.contains("hidden"), hidden > 0);
    }
}

/// Screens and results that a table meets: what is long, narrow, empty, null, nested, written from right to left, wide,
/// or meant to act on the terminal.
#[tokio::test]
async fn tables_of_all_kinds() {
    let awkward = awkward();
    let policy = r#"{"policyName":"admin","policyDocument":{"Statement":[{"Effect":"Allow","Action":"*"}]}}"#;
    let scripts: ArrayRef = Arc::new(StringViewArray::from(vec![
        Some("مرحبا بالعالم"),
        Some("日本語テキスト"),
        Some("\u{202e}gpj.exe\x1b[2J\r"),
        None,
    ]));
    let requests: ArrayRef =
        Arc::new(StringViewArray::from(vec![Some(policy), Some("[1]"), Some("{no json"), None]));
    let hostile =
        RecordBatch::try_from_iter_with_nullable([("text", scripts, true), ("request", requests, true)])
            .unwrap();
    let mut shown = String::new();
    for (what, width, batch) in [
        ("empty", 80, awkward.slice(0, 0).project(&[0, 4]).unwrap()),
        ("nested", 60, awkward.project(&[5, 10]).unwrap()),
        ("narrow", 24, awkward.project(&[2, 6]).unwrap()),
        ("wide", 100, awkward.project(&[0, 1, 2, 3, 4, 6, 8]).unwrap()),
        ("hostile", 72, hostile.clone()),
        ("hostile and narrow", 30, hostile),
    ] {
        let screen = Screen { width: Some(width), color: false, max_rows: 40 };
        shown.push_str(&format!("-- {what}\n{}\n", text("table", &screen, &batch).await));
    }
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn nulls_and_widths_are_as_the_reader_chose() {
    let mut look = Look::from(&Screen { width: Some(80), color: false, max_rows: 40 });
    (look.null, look.widest) = (Some("-".to_owned()), Some(6));
    let batch = awkward().project(&[1, 2, 6]).unwrap();
    let mut out = Vec::new();
    for format in ["table", "vertical"] {
        let rows = stream(&batch.schema(), vec![batch.clone()]);
        write_as(rows, Format::named(format).unwrap(), &look, &mut out).await.unwrap();
    }
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

/// Counts bytes and keeps none.
#[derive(Default)]
struct Counting {
    bytes: usize,
    largest: usize,
}

impl std::io::Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bytes += bytes.len();
        self.largest = self.largest.max(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Ten million rows pass by: what is written at once stays small, and of the batches no more than two are ever alive.
#[tokio::test]
async fn ten_million_rows_stream() {
    const BATCH: i64 = 1 << 16;
    for (format, rows) in [("table", 10_000_000_i64), ("csv", 10_000_000), ("ndjson", 10_000_000)] {
        let most = Arc::new(AtomicUsize::new(0));
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
        let mut alive: Vec<Weak<Int64Array>> = Vec::new();
        let batches = (0..=rows / BATCH).map({
            let (most, schema) = (Arc::clone(&most), Arc::clone(&schema));
            move |place| {
                let numbers = place * BATCH..((place + 1) * BATCH).min(rows);
                let column = Arc::new(numbers.collect::<Int64Array>());
                alive.retain(|earlier| earlier.strong_count() > 0);
                alive.push(Arc::downgrade(&column));
                most.fetch_max(alive.len(), Relaxed);
                Ok(RecordBatch::try_new(Arc::clone(&schema), vec![column]).unwrap())
            }
        });
        let rows_of = RecordBatchStreamAdapter::new(Arc::clone(&schema), futures::stream::iter(batches));
        let mut out = Counting::default();
        let screen = Screen { width: Some(80), color: false, max_rows: 40 };
        let written = write(Box::pin(rows_of), Format::named(format).unwrap(), &screen, &mut out).await;
        assert_eq!(written.unwrap(), rows as u64);
        assert!(out.largest < 1 << 17, "{format} wrote {} bytes at once", out.largest);
        assert!((out.bytes > 1 << 20) == (format != "table"), "{format} wrote {} bytes", out.bytes);
        assert!(most.load(Relaxed) <= 2, "{format} kept {} batches", most.load(Relaxed));
    }
}
