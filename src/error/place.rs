//! Where in a text of SQL an error is, and how that is shown.

use unicode_width::UnicodeWidthChar;
use unicode_width::UnicodeWidthStr;

use super::Error;

/// How many cells of a line are shown.
const SHOWN: usize = 76;

/// A place in a text, both counted from 1; columns are characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in it.
    pub column: usize,
}

impl Place {
    /// A place as the parser counts it, where 0 means that it does not know.
    pub(super) fn new(line: u64, column: u64) -> Option<Self> {
        let (line, column) = (usize::try_from(line).ok()?, usize::try_from(column).ok()?);
        (line > 0 && column > 0).then_some(Self { line, column })
    }

    /// The place that a message of the parser ends with.
    pub(super) fn in_message(message: &str) -> Option<Self> {
        let (_, place) = split(message)?;
        Some(place)
    }
}

impl Error {
    /// Where in the SQL it is, if that is known.
    pub fn place(&self) -> Option<Place> {
        self.place
    }

    /// The same error with the line of the SQL text it is about, and a mark under the place.
    #[must_use]
    pub fn pointed_out(mut self, sql: &str) -> Self {
        if self.place.is_none() && self.message.ends_with("found: EOF") {
            self.place = end(sql);
            self.message = self.message.replace("found: EOF", "found the end");
        }
        if let Some((place, line)) =
            self.place.and_then(|place| Some((place, sql.lines().nth(place.line - 1)?)))
        {
            self.excerpt = Some(excerpt(line, place));
            if let Some((message, _)) = split(&self.message) {
                self.message = message.to_owned();
            }
        }
        self
    }
}

/// Splits `... at Line: 1, Column: 16` into what is said and where.
fn split(message: &str) -> Option<(&str, Place)> {
    let (said, place) = message.rsplit_once(" at Line: ")?;
    let (line, column) = place.split_once(", Column: ")?;
    Some((said, Place::new(line.parse().ok()?, column.trim().parse().ok()?)?))
}

/// The last character of a text.
fn end(sql: &str) -> Option<Place> {
    let text = sql.trim_end();
    let last = text.lines().last()?;
    Some(Place { line: text.lines().count(), column: last.chars().count() + 1 })
}

/// The line and a mark under the place; of a long line what is around the place.
fn excerpt(line: &str, place: Place) -> String {
    // A tab is as wide as the terminal likes, and nothing else that has no width helps the reader.
    let chars: Vec<char> = line.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    let at = (place.column - 1).min(chars.len());
    let start = if chars.len() > SHOWN { at.saturating_sub(SHOWN / 2) } else { 0 };
    let lead = format!("line {}: {}", place.line, if start > 0 { "…" } else { "" });
    let before: String = chars.iter().take(at).skip(start).collect();
    let mut after: String = chars.iter().skip(at).collect();
    let mut room = SHOWN.saturating_sub(before.width());
    if let Some((cut, _)) = after.char_indices().find(|(_, char)| {
        let width = char.width().unwrap_or(0);
        let full = width > room;
        room = room.saturating_sub(width);
        full
    }) {
        after.truncate(cut);
        after.push('…');
    }
    format!("{lead}{before}{after}\n{}^", " ".repeat(lead.width() + before.width()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_mark_stands_under_the_place() {
        let shown = |sql: &str, line, column| excerpt(sql, Place { line, column });
        let long = format!("SELECT {} nmae, {}", "a, ".repeat(60), "b, ".repeat(60));
        insta::assert_snapshot!(
            [
                shown("SELECT event_nmae FROM cloudtrail", 1, 8),
                shown("\tWHERE 日本 = x", 2, 13),
                shown(&long, 3, 189),
                shown("SELECT (", 1, 99),
            ]
            .join("\n"),
            @r"
        line 1: SELECT event_nmae FROM cloudtrail
                       ^
        line 2:  WHERE 日本 = x
                              ^
        line 3: … a, a, a, a, a, a, a, a, a, a, a, a,  nmae, b, b, b, b, b, b, b, b, b, b, b,…
                                                       ^
        line 1: SELECT (
                        ^
        "
        );
    }

    #[test]
    fn places_are_read_from_messages() {
        let error = Error::from(datafusion::error::DataFusionError::Plan("x".to_owned()));
        assert_eq!(error.place(), None);
        let at = Place::in_message("expected: ), found: FROM at Line: 2, Column: 16");
        assert_eq!(at, Some(Place { line: 2, column: 16 }));
        assert_eq!(Place::in_message("unexpected at Line: 0, Column: 0"), None);
        let error = Error::sql("expected: ), found: EOF").pointed_out("SELECT (1\n  ");
        assert_eq!(error.excerpt(), Some("line 1: SELECT (1\n                 ^"));
    }

    proptest! {
        #[test]
        fn any_text_can_be_pointed_at(line in ".{0,200}", column in 1_usize..300) {
            let shown = excerpt(&line, Place { line: 1, column });
            prop_assert_eq!(shown.lines().count(), 2);
        }
    }
}
