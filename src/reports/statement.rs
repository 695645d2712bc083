//! The SQL of a report: which parameters it names, and how values take their place.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion::sql::parser::DFParserBuilder;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Expr;
use datafusion::sql::sqlparser::ast::Statement as Sql;
use datafusion::sql::sqlparser::ast::Value;
use datafusion::sql::sqlparser::ast::visit_expressions;
use datafusion::sql::sqlparser::ast::visit_expressions_mut;

use crate::dialect::DIALECT;
use crate::error::Error;
use crate::reports::header::Fault;
use crate::reports::header::Header;

/// Reads the SQL below a header, which must be one query that names every parameter and no other.
pub(super) fn read(text: &str, header: &Header) -> Result<Sql, Fault> {
    let text_start = || 1 + text.lines().take_while(|line| line.starts_with("--")).count();
    // The header is comments to SQL, so the whole text is parsed, and places are those in the file.
    let sql = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parsed = DFParserBuilder::new(sql)
        .with_dialect(&DIALECT)
        .build()
        .and_then(|mut parser| parser.parse_statements());
    let mut statements = parsed.map_err(|error| {
        let message = Error::from(error).to_string();
        let line = place(&message).unwrap_or_else(text_start);
        Fault::new(line, message)
    })?;
    let first = statements.pop_front();
    if !statements.is_empty() {
        return Err(Fault::new(text_start(), "a report is one query, and these are several statements"));
    }
    let query = match first {
        Some(Statement::Statement(sql)) if matches!(sql.as_ref(), Sql::Query(_)) => *sql,
        Some(_) => return Err(Fault::new(text_start(), "a report is a query: SELECT or WITH ... SELECT")),
        None => return Err(Fault::new(text_start(), "there is no SQL below the header")),
    };
    let named = names(&query);
    for (name, line) in &named {
        if !header.params.iter().any(|param| param.name == *name) {
            let declare = format!("-- param: {name} text = NULL -- What it is for");
            return Err(Fault::new(*line, format!("${name} is not declared; write `{declare}`")));
        }
    }
    match header.params.iter().find(|param| !named.contains_key(&param.name)) {
        Some(param) => {
            let is_it = |line: &str| {
                line.strip_prefix("-- param:")
                    .is_some_and(|rest| rest.split_whitespace().next() == Some(param.name.as_str()))
            };
            let line = text.lines().position(is_it).map_or(1, |index| index + 1);
            Err(Fault::new(
                line,
                format!("the parameter {0} is never used; the SQL names it ${0}", param.name),
            ))
        }
        None => Ok(query),
    }
}

/// Puts values where their parameters stand.
pub(super) fn bind(query: &mut Sql, values: &BTreeMap<String, Expr>) {
    let _ = visit_expressions_mut(query, |expr| {
        if let Some(value) = placeholder(expr).and_then(|(name, _)| values.get(name)) {
            *expr = value.clone();
        }
        ControlFlow::<()>::Continue(())
    });
}

/// The parameters a query names, each with the first line it stands in.
fn names(query: &Sql) -> BTreeMap<String, usize> {
    let mut names = BTreeMap::new();
    let _ = visit_expressions(query, |expr| {
        if let Some((name, line)) = placeholder(expr) {
            names.entry(name.to_owned()).or_insert(line);
        }
        ControlFlow::<()>::Continue(())
    });
    names
}

fn placeholder(expr: &Expr) -> Option<(&str, usize)> {
    let Expr::Value(value) = expr else { return None };
    let Value::Placeholder(name) = &value.value else { return None };
    let line = usize::try_from(value.span.start.line).unwrap_or(1).max(1);
    Some((name.trim_start_matches('$'), line))
}

/// The line that a message of the parser names.
fn place(message: &str) -> Option<usize> {
    let (_, after) = message.rsplit_once("Line: ")?;
    after.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}
