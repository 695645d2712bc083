//! What a statement may do: read the lake, and copy what it read to a local file outside it.

use datafusion::sql::parser::CopyToSource;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as Sql;

use crate::error::Error;
use crate::error::Result;
use crate::lake::Lake;
use crate::storage;

/// Tells whether a statement would write a file.
pub(super) fn copies(statement: &Statement) -> bool {
    match statement {
        Statement::CopyTo(_) => true,
        Statement::Explain(explain) => copies(&explain.statement),
        _ => false,
    }
}

/// Refuses everything that would change the lake or reach outside it.
pub(super) fn refuse_writes(statement: &Statement, lake: &Lake) -> Result<()> {
    let refused = |what: String| {
        Err(Error::sql(format!("{what} is refused: trailql only reads the lake"))
            .hinted("SELECT, EXPLAIN, SHOW, DESCRIBE and COPY (SELECT ...) TO 'file' are allowed"))
    };
    match statement {
        Statement::Statement(sql) => match sql.as_ref() {
            Sql::Query(_)
            | Sql::ExplainTable { .. }
            | Sql::ShowTables { .. }
            | Sql::ShowColumns { .. }
            | Sql::ShowFunctions { .. }
            | Sql::ShowVariable { .. }
            | Sql::ShowVariables { .. } => Ok(()),
            Sql::Explain { statement, .. } => refuse_writes(&Statement::Statement(statement.clone()), lake),
            other => refused(first_words(&other.to_string())),
        },
        Statement::Explain(explain) => refuse_writes(&explain.statement, lake),
        Statement::CopyTo(copy) => {
            if let CopyToSource::Query(query) = &copy.source {
                refuse_writes(&Statement::Statement(Box::new(Sql::Query(query.clone()))), lake)?;
            }
            local_target(&copy.target, lake)
        }
        other => refused(first_words(&other.to_string())),
    }
}

/// Holds that COPY writes to a local file outside the lake.
pub(super) fn local_target(target: &str, lake: &Lake) -> Result<()> {
    let hint = "write COPY (SELECT ...) TO 'file.parquet', with .csv, .json, .arrow or .parquet";
    if target.contains("://") && !target.starts_with("file://") {
        return Err(
            Error::sql(format!("COPY to {target} is refused: only local files can be written")).hinted(hint)
        );
    }
    let location = storage::local(target)?;
    let same_store = location.url.scheme() == lake.location().url.scheme();
    if same_store && location.path.prefix_matches(&lake.location().path) {
        return Err(Error::sql(format!("COPY to {target} is refused: it lies inside the lake")).hinted(hint));
    }
    Ok(())
}

/// The first two words of a statement in capitals, as `DROP TABLE`.
fn first_words(statement: &str) -> String {
    statement
        .split_whitespace()
        .take(2)
        .take_while(|word| word.chars().all(|letter| letter.is_ascii_alphabetic()))
        .collect::<Vec<_>>()
        .join(" ")
        .to_uppercase()
}
