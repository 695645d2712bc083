//! The questions of `questions.sql`, with the needles of a lake filled in.

use std::error::Error;

use arrow::array::RecordBatch;
use arrow::util::display::array_value_to_string;
use futures::TryStreamExt;
use trailql::session::Session;

/// One question to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// Its name in the tables of results.
    pub(super) name: String,
    /// One SQL statement.
    pub(super) sql: String,
}

/// What the queries of a session may use, in bytes: as much as the command line gives them.
pub(super) const MEMORY: usize = 1 << 30;

/// Reads the questions, and looks their needles up in the session's lake.
///
/// Fails if a needle is not found: a lake without access keys, say, cannot be asked for one.
pub(super) async fn read(session: &Session) -> Result<Vec<Question>, Box<dyn Error>> {
    let mut needles: Vec<(String, String)> = Vec::new();
    let mut questions = Vec::new();
    for (name, sql) in statements(include_str!("questions.sql")) {
        if let Some(needle) = name.strip_prefix("needle ") {
            let rows = run(session, &sql).await?;
            let first = rows.iter().find(|batch| batch.num_rows() > 0);
            let column = first.and_then(|batch| batch.columns().first());
            let column = column.ok_or_else(|| format!("the lake has no {needle} to look for"))?;
            needles.push((format!("{{{needle}}}"), array_value_to_string(column, 0)?));
        } else {
            let fill = |sql: String, (place, value): &(String, String)| sql.replace(place, value);
            questions.push(Question { name, sql: needles.iter().fold(sql, fill) });
        }
    }
    Ok(questions)
}

/// Runs one statement to its end.
pub(super) async fn run(session: &Session, sql: &str) -> Result<Vec<RecordBatch>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for statement in Session::parse(sql)? {
        rows.extend(session.run(statement).await?.try_collect::<Vec<_>>().await?);
    }
    Ok(rows)
}

/// Splits the file into names and statements.
fn statements(file: &str) -> impl Iterator<Item = (String, String)> {
    file.split(';').filter_map(|block| {
        let lines = || block.lines().map(str::trim).filter(|line| !line.is_empty());
        let name = lines().filter_map(|line| line.strip_prefix("--")).next_back()?;
        let sql: Vec<&str> = lines().filter(|line| !line.starts_with("--")).collect();
        (!sql.is_empty()).then(|| (name.trim().to_owned(), sql.join("\n")))
    })
}
