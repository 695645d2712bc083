//! Every row of every log in which any column holds a text.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::datatypes::TimeUnit;
use datafusion::catalog::TableProvider;
use datafusion::common::Result;
use datafusion::common::ScalarValue;
use datafusion::common::TableReference;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::logical_expr::cast;
use datafusion::logical_expr::col;
use datafusion::logical_expr::lit;

use crate::error::Error;
use crate::functions::tables::TableFunction;
use crate::functions::tables::Tables;
use crate::functions::tables::contains::Question;
use crate::functions::tables::contains::Search;
use crate::functions::tables::failed;
use crate::functions::tables::planned::Plan;
use crate::functions::tables::planned::Planned;

pub(super) const SEARCH: TableFunction = TableFunction {
    name: "search",
    description: "Lists every row of every log, and every rejected record, in which any column of text holds what is searched \
        for, newest first; rejects, which have no time, come last. Case does not matter, several words are all needed (in any \
        columns), and `\"words in double quotes\"` are one phrase, in which `\"\"` is a double quote. All characters \
        stand for themselves. JSON is searched as it stands in the record. `found_in` names the column, `excerpt` is \
        what stands around, `source_place` the record's place in its file. Filters on `event_time` and \
        `account_id` limit what is read.",
    argument: ("text", "the words to search for"),
    example: r#"
> SELECT event, found_in, excerpt FROM search('AWS-root-sign-in GetParameter');
+--------------+--------------------------------+--------------------------------------------------------------+
| event        | found_in                       | excerpt                                                      |
+--------------+--------------------------------+--------------------------------------------------------------+
| GetParameter | request_parameters, event_name | {"name":"/bootstrap/aws-root-sign-in","withDecryption":true} |
+--------------+--------------------------------+--------------------------------------------------------------+
"#,
    call: |call| {
        let plan = everywhere(call.tables, &words(call.text)?)?;
        let schema = Arc::clone(plan.schema().inner());
        // Rejects have no time.
        let order = col("event_time").sort(false, false);
        Ok(Arc::new(Planned { rows: Found(plan), schema, order }))
    },
};

#[derive(Debug)]
struct Found(LogicalPlan);

#[async_trait]
impl Plan for Found {
    async fn plan(&self) -> Result<LogicalPlan> {
        Ok(self.0.clone())
    }
}

/// The rows of all tables that hold all the words.
fn everywhere(tables: &Tables, words: &[String]) -> Result<LogicalPlan> {
    let mut plan: Option<LogicalPlanBuilder> = None;
    for (name, table) in tables {
        let found = found(name, table, words)?;
        plan = Some(match plan {
            Some(plan) => plan.union(found)?,
            None => LogicalPlanBuilder::from(found),
        });
    }
    let missing = || failed(Error::user("the lake has no tables to search"));
    plan.ok_or_else(missing)?.build()
}

/// A column of the result, and the columns of the tables that it is taken from: the first that a table has.
type Taken = (&'static str, DataType, &'static [&'static str]);

fn columns() -> [Taken; 6] {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    [
        ("event_time", time, &["event_time", "request_time"]),
        ("account_id", DataType::Utf8View, &["account_id"]),
        ("principal", DataType::Utf8View, &["principal"]),
        ("source_ip", DataType::Utf8View, &["source_ip", "remote_ip"]),
        ("event", DataType::Utf8View, &["event_name", "operation"]),
        ("id", DataType::Utf8View, &["event_id", "request_id"]),
    ]
}

const PLACES: Taken = ("source_place", DataType::Int64, &["source_index", "source_line", "position"]);

/// The rows of one table that hold all the words.
fn found(name: &str, table: &Arc<dyn TableProvider>, words: &[String]) -> Result<LogicalPlan> {
    let schema = table.schema();
    let texts = schema.fields().iter().filter(|field| is_text(field.data_type()));
    let search = Search::new(words, texts.map(|field| field.name().clone()).collect());
    let [time, account, principal, address, event, id] = columns().map(|taken| take(&schema, &taken));
    let log = cast(lit(name), DataType::Utf8View).alias("log");
    let row = vec![
        time,
        log,
        account,
        principal,
        address,
        event,
        search.ask(Question::FoundIn).alias("found_in"),
        search.ask(Question::Excerpt).alias("excerpt"),
        id,
        col("source_file"),
        take(&schema, &PLACES),
    ];
    LogicalPlanBuilder::scan(TableReference::bare(name), provider_as_source(Arc::clone(table)), None)?
        .filter(search.ask(Question::Holds))?
        .project(row)?
        // The columns of all tables have one name, and not that of their table.
        .alias("found")?
        .build()
}

fn take(schema: &Schema, (name, kind, from): &Taken) -> Expr {
    let there = from.iter().find(|column| schema.column_with_name(column).is_some());
    match there {
        Some(column) => cast(col(*column), kind.clone()).alias(*name),
        None => {
            let nothing = ScalarValue::try_from(kind).unwrap_or(ScalarValue::Null);
            lit(nothing).alias(*name)
        }
    }
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::List(field) => is_text(field.data_type()),
        _ => false,
    }
}

/// The words and phrases of a text, each once.
fn words(text: &str) -> Result<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                word.push('"');
            }
            '"' => {
                quoted = !quoted;
                words.push(std::mem::take(&mut word));
            }
            letter if letter.is_whitespace() && !quoted => words.push(std::mem::take(&mut word)),
            letter => word.push(letter),
        }
    }
    if quoted {
        return Err(failed(
            Error::sql("search: a double quote is not closed")
                .hinted("a phrase stands between two double quotes, and \"\" in it is one double quote"),
        ));
    }
    words.push(word);
    let mut kept: Vec<String> = Vec::new();
    for word in words.into_iter().filter(|word| !word.is_empty()) {
        if !kept.contains(&word) {
            kept.push(word);
        }
    }
    if kept.is_empty() {
        return Err(failed(
            Error::sql("search: there is nothing to search for").hinted("write search('some words')"),
        ));
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_and_phrases_are_told_apart() {
        let texts = [
            "one",
            " two  words two ",
            "\"a phrase\" word",
            "\"5\"\" disk\"",
            "100% a_b",
            "\"open",
            "\"\"",
            "x\"y z\"",
        ];
        let told = |text: &str| match words(text) {
            Ok(words) => format!("{text} -> {words:?}"),
            Err(error) => format!("{text} -> {}", crate::Error::from(error)),
        };
        insta::assert_snapshot!(texts.map(told).join("\n"), @r#"
        one -> ["one"]
         two  words two  -> ["two", "words"]
        "a phrase" word -> ["a phrase", "word"]
        "5"" disk" -> ["5\" disk"]
        100% a_b -> ["100%", "a_b"]
        "open -> search: a double quote is not closed
        "" -> search: there is nothing to search for
        x"y z" -> ["x", "y z"]
        "#);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a\" ]{0,12}|.*") {
            if let Ok(words) = words(&text) {
                prop_assert!(!words.is_empty() && words.iter().all(|word| !word.is_empty()));
            }
        }
    }
}
