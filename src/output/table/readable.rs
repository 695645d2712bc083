//! JSON as people read it in a narrow column: without the quotes that nobody needs, `{userName: alice, tags: [a, b]}`.
//!
//! Only a table on a screen shows it so; every other format has the text as it stands.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// JSON that is no longer than this stays as it is.
const SHORT: usize = 24;

/// Makes a JSON object or array readable, at least the first `cells` cells of it; any other text stays as it is.
pub(super) fn readable(text: &str, cells: usize) -> Cow<'_, str> {
    let is_json = text.len() > SHORT
        && text.starts_with(['{', '['])
        && serde_json::from_str::<IgnoredAny>(text).is_ok();
    if !is_json {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    let mut rest = text;
    // A character takes up to four bytes, and the cut to cells comes later.
    while let Some(char) = rest.chars().next().filter(|_| shown.len() <= cells.saturating_mul(4)) {
        if char == '"' {
            let end = string_end(rest);
            let (literal, after) = rest.split_at(end);
            shown.push_str(bare(literal).unwrap_or(literal));
            rest = after;
            continue;
        }
        match char {
            ':' => shown.push_str(": "),
            ',' => shown.push_str(", "),
            char if char.is_ascii_whitespace() => {}
            char => shown.push(char),
        }
        rest = rest.get(char.len_utf8()..).unwrap_or_default();
    }
    Cow::Owned(shown)
}

/// Where the string literal ends that the text begins with.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The text of a string literal that cannot be mistaken for anything else without its quotes.
fn bare(literal: &str) -> Option<&str> {
    let text = literal.strip_prefix('"')?.strip_suffix('"')?;
    let plain = |char: char| {
        char.is_alphanumeric() || matches!(char, '_' | '-' | '.' | '/' | ':' | '@' | '*' | '+' | '=')
    };
    let is_word = matches!(text, "true" | "false" | "null");
    let begins = text.starts_with(|char: char| char.is_alphabetic() || matches!(char, '/' | '*' | '_'));
    (begins && !is_word && text.chars().all(plain)).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::readable;

    #[test]
    fn json_loses_the_quotes_that_nobody_needs() {
        let read = |text| readable(text, 200).into_owned();
        insta::assert_snapshot!(
            [
                r#"{"userName":"alice","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}"#,
                r#"{"count":"12","really":"true","is":true,"path":"/a/b","note":"two words"}"#,
                r#"["a","b, c",{"k":"say \"hi\"","e":""}, 1.5e3, null]"#,
                r#"{"short":"stays"}"#,
                r#"{"broken":"stays as it stands"#,
                "no JSON at all, but a longer text",
            ]
            .map(read)
            .join("\n"),
            @r#"
        {userName: alice, policyArn: arn:aws:iam::aws:policy/AdministratorAccess}
        {count: "12", really: "true", is: true, path: /a/b, note: "two words"}
        [a, "b, c", {k: "say \"hi\"", e: ""}, 1.5e3, null]
        {"short":"stays"}
        {"broken":"stays as it stands
        no JSON at all, but a longer text
        "#
        );
    }

    #[test]
    fn much_json_is_not_read_to_its_end() {
        let long = format!("[{}1]", "\"abcdefgh\",".repeat(100_000));
        assert!(readable(&long, 100).len() < 500);
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "[\\[{\"a\\\\,:é\u{1b} ]{0,40}") {
            let _ = readable(&text, 20);
        }
    }
}
