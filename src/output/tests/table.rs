//! How tables fit the screen.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::array::Int64Array;
use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::Schema;
use unicode_width::UnicodeWidthStr;

use super::samples::PIPE;
use super::samples::awkward;
use super::samples::bytes;
use super::samples::many;
use super::samples::text;
use crate::output::Screen;

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
    ─────────────────────┼────────────┼───────────────────────┼────────────┼────────
    2026-09-17T08:14:06Z │ AssumeRole │ aws-cli/2.1 md/awscr… │          1 │ denied
    2026-09-17T08:14:07Z │ AssumeRole │ aws-cli/2.2 md/awscr… │          2 │ denied
    2026-09-17T08:14:08Z │ AssumeRole │ aws-cli/2.3 md/awscr… │          3 │
    … 2,895 rows hidden; --format csv prints all …
    2026-09-17T09:02:24Z │ AssumeRole │ aws-cli/2.2899 md/aw… │       2899 │ denied
    2026-09-17T09:02:25Z │ AssumeRole │ aws-cli/2.2900 md/aw… │       2900 │ denied
    (2,900 rows)

    event_time           │ event_name │ user_agent                                                   │ bytes_sent │ outcome
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
    ─────────┼──────────┼──────────┼──
        1000 │     2000 │     3000 │ …
    3 of 70 columns shown
    (1 row)
    column_1 │ column_2 │ column_3 │ column_4 │ column_5 │ column_6 │ column_7 │ …
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
