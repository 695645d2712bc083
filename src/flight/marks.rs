//! The parameters of a statement: JDBC, ODBC and Python write each as `?`, the engine wants `$1`, `$2` ...

use datafusion::sql::sqlparser::tokenizer::Location;
use datafusion::sql::sqlparser::tokenizer::Token;
use datafusion::sql::sqlparser::tokenizer::Tokenizer;

use crate::dialect::DIALECT;
use crate::error::Error;
use crate::error::Result;

/// A statement whose parameters have names, and these in the order in which values are bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marked {
    pub(super) sql: String,
    /// Without the `$`.
    pub(super) names: Vec<String>,
}

/// Numbers the question marks of a statement, but for those in texts, comments and quoted names.
///
/// # Errors
/// The text is no SQL, or has parameters of two kinds.
pub(super) fn number(sql: &str) -> Result<Marked> {
    let mut tokenizer = Tokenizer::new(&DIALECT, sql);
    let tokens = tokenizer.tokenize_with_location().map_err(|error| Error::sql(error.to_string()))?;
    let mut names: Vec<String> = Vec::new();
    let mut marks = Vec::new();
    for token in &tokens {
        let Token::Placeholder(text) = &token.token else { continue };
        if let Some(number) = text.strip_prefix('?') {
            marks.push((token.span.start, number.to_owned()));
        } else if let Some(name) =
            text.strip_prefix('$').filter(|name| !names.iter().any(|known| known == name))
        {
            names.push(name.to_owned());
        }
    }
    if marks.is_empty() {
        return Ok(Marked { sql: sql.to_owned(), names: in_order(names)? });
    }
    if let Some(name) = names.first() {
        return Err(Error::sql(format!("the statement has parameters written ? and ${name}"))
            .hinted("write all of them ?, or all of them $1, $2 ..."));
    }
    rewrite(sql, &marks)
}

fn rewrite(sql: &str, marks: &[(Location, String)]) -> Result<Marked> {
    let mut rewritten = String::with_capacity(sql.len() + marks.len());
    let mut marks = marks.iter().peekable();
    let (mut line, mut column, mut count) = (1, 1, 0_usize);
    let mut numbers = Vec::new();
    for letter in sql.chars() {
        match marks.next_if(|(place, _)| (place.line, place.column) == (line, column)) {
            Some((_, given)) => {
                count += 1;
                rewritten.push('$');
                // `?2` brings its number, which follows in the text.
                let number = if given.is_empty() { count.to_string() } else { given.clone() };
                if given.is_empty() {
                    rewritten.push_str(&number);
                }
                if !numbers.contains(&number) {
                    numbers.push(number);
                }
            }
            None => rewritten.push(letter),
        }
        if letter == '\n' {
            (line, column) = (line + 1, 1);
        } else {
            column += 1;
        }
    }
    if marks.next().is_some() {
        return Err(Error::internal("a parameter of the statement was not found again"));
    }
    Ok(Marked { sql: rewritten, names: in_order(numbers)? })
}

/// Numbers ascending, and without gaps, because values come by position; names as they stand.
fn in_order(names: Vec<String>) -> Result<Vec<String>> {
    let numbers: Option<Vec<usize>> = names.iter().map(|name| name.parse().ok()).collect();
    let Some(numbers) = numbers else { return Ok(names) };
    let most = numbers.iter().max().copied().unwrap_or(0);
    if let Some(missing) = (1..=most.min(names.len() + 1)).find(|number| !numbers.contains(number)) {
        return Err(Error::sql(format!("the statement has a parameter ${most}, but none ${missing}")));
    }
    Ok((1..=most).map(|number| number.to_string()).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbered(sql: &str) -> String {
        match number(sql) {
            Ok(marked) => format!("{} [{}]", marked.sql, marked.names.join(" ")),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn question_marks_are_numbered_where_they_are_parameters() {
        for (sql, expected) in [
            ("SELECT 1", "SELECT 1 []"),
            ("SELECT ? + ?", "SELECT $1 + $2 [1 2]"),
            ("SELECT '?', \"a?\" -- ?\n, ?", "SELECT '?', \"a?\" -- ?\n, $1 [1]"),
            ("SELECT /* ? */ ?\n WHERE 'ä?' = ?", "SELECT /* ? */ $1\n WHERE 'ä?' = $2 [1 2]"),
            ("SELECT 'it''s ?', ?", "SELECT 'it''s ?', $1 [1]"),
            ("SELECT ?2, ?1", "SELECT $2, $1 [1 2]"),
            ("SELECT $2, $1, $2", "SELECT $2, $1, $2 [1 2]"),
            ("SELECT $who, $when", "SELECT $who, $when [who when]"),
            ("SELECT ?, $1", "error: the statement has parameters written ? and $1"),
            ("SELECT $1, $3", "error: the statement has a parameter $3, but none $2"),
            ("SELECT $99999999", "error: the statement has a parameter $99999999, but none $1"),
        ] {
            assert_eq!(numbered(sql), expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_numbered_or_refused(sql in any::<String>()) {
            let _ = number(&sql);
        }

        #[test]
        fn as_many_values_are_asked_for_as_there_are_marks(texts in proptest::collection::vec("[a-zäß ,'\n]{0,6}", 1..6)) {
            // Each text between marks is quoted, whatever is in it.
            let quoted = texts.iter().map(|text| format!("'{}'", text.replace('\'', "''"))).collect::<Vec<_>>();
            let marked = number(&format!("SELECT {}", quoted.join(", ?, "))).unwrap();
            prop_assert_eq!(marked.names.len(), texts.len() - 1);
            prop_assert!(!marked.sql.contains('?'));
        }
    }
}
