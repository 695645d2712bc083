use std::io;
use std::sync::Arc;

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;

use crate::error::Error;
use crate::error::Kind;

/// Runs a query that fails and shows what the reader sees.
async fn failure(sql: &str) -> String {
    let session = SessionContext::new();
    session
        .sql("CREATE TABLE events AS SELECT 1 AS event_id, 'x' AS event_name, 'y' AS \"Odd\"")
        .await
        .unwrap()
        .collect()
        .await
        .unwrap();
    let result = match session.sql(sql).await {
        Ok(frame) => frame.collect().await,
        Err(error) => Err(error),
    };
    let error = Error::from(result.unwrap_err());
    format!("{:?}: {error} [{}]", error.kind(), error.hint().unwrap_or_default())
}

#[tokio::test]
async fn queries_fail_in_plain_words() {
    let mut seen = String::new();
    for sql in [
        "SELECT event_nam FROM events",
        "SELECT q FROM events",
        "SELECT * FROM nowhere",
        "SELECT lowr('x')",
        "SELECT event_id, count(*) FROM events",
        "SELEC 1",
        "SELECT 'open",
        "SELECT 1 / 0",
        "SELECT CAST('x' AS int)",
        "SELECT CAST(70000 AS smallint)",
        "SELECT date_trunc(1, 2, 3)",
        "SELECT a.event_id FROM events a JOIN events b ON true WHERE event_id = 1",
        "SELECT to_timestamp('yesterday')",
        "SET datafusion.nonsense = 1",
    ] {
        seen.push_str(&format!("{sql}\n    {}\n", failure(sql).await));
    }
    insta::assert_snapshot!(seen, @r#"
    SELECT event_nam FROM events
        Sql: no column named event_nam [did you mean 'events.event_name'?]
    SELECT q FROM events
        Sql: no column named q [there are the columns events.event_id, events.event_name, events."Odd"]
    SELECT * FROM nowhere
        Sql: table 'datafusion.public.nowhere' not found [SHOW TABLES lists what there is]
    SELECT lowr('x')
        Sql: invalid function 'lowr' [did you mean 'lower'?]
    SELECT event_id, count(*) FROM events
        Sql: column in SELECT must be in GROUP BY or an aggregate function: While expanding wildcard, column "events.event_id" must appear in the GROUP BY clause or must be part of an aggregate function, currently only "count(Int64(1))" appears in the SELECT clause satisfies this requirement [either add 'events.event_id' to GROUP BY clause, or use an aggregate function like ANY_VALUE(events.event_id)]
    SELEC 1
        Sql: expected: an SQL statement, found: SELEC at Line: 1, Column: 1 []
    SELECT 'open
        Sql: unterminated string literal at Line: 1, Column: 8 []
    SELECT 1 / 0
        Sql: division by zero [nullif(divisor, 0) turns the result into null instead]
    SELECT CAST('x' AS int)
        Sql: cannot cast string 'x' to value of Int32 type []
    SELECT CAST(70000 AS smallint)
        Sql: can't cast value 70000 to type Int16 []
    SELECT date_trunc(1, 2, 3)
        Sql: no function takes 'date_trunc(Int64, Int64, Int64)' [there is date_trunc(String, Timestamp), date_trunc(String, Time)]
    SELECT a.event_id FROM events a JOIN events b ON true WHERE event_id = 1
        Sql: ambiguous reference to unqualified field event_id [possible column a.event_id; possible column b.event_id]
    SELECT to_timestamp('yesterday')
        Sql: error parsing timestamp from 'yesterday': timestamp must contain at least 10 characters []
    SET datafusion.nonsense = 1
        Sql: config value "nonsense" not found on ConfigOptions []
    "#);
}

#[test]
fn layers_are_unwrapped() {
    let root = || DataFusionError::ResourcesExhausted("no room".into());
    for wrapped in [
        DataFusionError::Shared(Arc::new(root())),
        root().context("type_coercion"),
        DataFusionError::External(Box::new(root())),
        DataFusionError::External(Box::new(Arc::new(root()))),
        DataFusionError::from(ArrowError::ExternalError(Box::new(root()))),
        DataFusionError::Collection(vec![root(), root()]),
    ] {
        let error = Error::from(wrapped);
        assert_eq!((error.kind(), error.to_string().as_str()), (Kind::Sql, "out of memory: no room"));
    }
}

#[test]
fn our_own_errors_come_back() {
    let ours = Error::data("lake/part-1.parquet: damaged").hinted("restore it").caused_by("line 3");
    let travelled = DataFusionError::from(ArrowError::ExternalError(Box::new(ours))).context("scan");
    let error = Error::from(DataFusionError::Shared(Arc::new(travelled)));
    assert_eq!(error.kind(), Kind::Data);
    assert_eq!(error.to_string(), "lake/part-1.parquet: damaged");
    assert_eq!(error.hint(), Some("restore it"));
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "line 3");
}

#[test]
fn context_stays_where_it_names_a_file() {
    let damaged = || DataFusionError::from(ArrowError::ParquetError("no magic".into()));
    let error = Error::from(damaged().context("Failed to read s3://logs/a.parquet").context("sort"));
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (Kind::Data, "failed to read s3://logs/a.parquet: no magic")
    );
}

#[test]
fn a_pipe_that_breaks_while_reading_is_a_failure() {
    let error = Error::from(DataFusionError::IoError(io::Error::from(io::ErrorKind::BrokenPipe)));
    assert_eq!(error.kind(), Kind::Storage);
    assert!(!error.is_broken_pipe());
}
