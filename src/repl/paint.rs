//! Colours SQL while it is typed.

use std::borrow::Cow;

use crate::repl::words;
use crate::repl::words::Kind;

/// What stands out as SQL. Not every keyword: `name`, `key` and `type` are columns more often.
pub(super) const KEYWORDS: &[&str] = &[
    "all",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "cast",
    "copy",
    "cross",
    "current_date",
    "current_timestamp",
    "date",
    "desc",
    "describe",
    "distinct",
    "else",
    "end",
    "escape",
    "except",
    "exclude",
    "exists",
    "explain",
    "extract",
    "false",
    "filter",
    "first",
    "following",
    "from",
    "full",
    "group",
    "having",
    "ilike",
    "in",
    "inner",
    "intersect",
    "interval",
    "is",
    "join",
    "last",
    "lateral",
    "left",
    "like",
    "limit",
    "natural",
    "not",
    "null",
    "nulls",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "preceding",
    "range",
    "recursive",
    "right",
    "rollup",
    "rows",
    "select",
    "semi",
    "show",
    "similar",
    "some",
    "tables",
    "then",
    "timestamp",
    "to",
    "true",
    "unbounded",
    "union",
    "unnest",
    "using",
    "values",
    "when",
    "where",
    "window",
    "with",
    "within",
];

const BOLD_BLUE: &str = "\x1b[1;34m";
const GREEN: &str = "\x1b[32m";
const CYAN: &str = "\x1b[36m";
const DIM: &str = "\x1b[2m";
const MAGENTA: &str = "\x1b[35m";
const RESET: &str = "\x1b[0m";

/// The line with colours; without them it is the line as it was.
pub(super) fn paint(line: &str) -> Cow<'_, str> {
    if line.trim_start().starts_with(['.', '\\']) {
        let end = line.trim_end().find(' ').filter(|end| *end > 0).unwrap_or(line.len());
        let (command, arguments) = line.split_at(end);
        return Cow::Owned(format!("{MAGENTA}{command}{RESET}{arguments}"));
    }
    let mut painted = String::with_capacity(line.len() * 2);
    for token in words::tokens(line) {
        let style = match token.kind {
            Kind::Comment => DIM,
            Kind::Text => GREEN,
            Kind::Number => CYAN,
            Kind::Word if is_keyword(token.text) => BOLD_BLUE,
            _ => "",
        };
        painted.push_str(style);
        painted.push_str(token.text);
        if !style.is_empty() {
            painted.push_str(RESET);
        }
    }
    Cow::Owned(painted)
}

fn is_keyword(word: &str) -> bool {
    word.len() <= 17 && KEYWORDS.binary_search(&word.to_ascii_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_quotes_are_painted_too() {
        let painted = paint("SELECT name, 42 FROM t -- why\nWHERE a = 'op").replace('\x1b', "<");
        assert_eq!(
            painted,
            "<[1;34mSELECT<[0m name, <[36m42<[0m <[1;34mFROM<[0m t <[2m-- why<[0m\n<[1;34mWHERE<[0m a = <[32m'op<[0m"
        );
        assert_eq!(paint(".mode csv").replace('\x1b', "<"), "<[35m.mode<[0m csv");
        assert!(KEYWORDS.is_sorted());
    }
}
