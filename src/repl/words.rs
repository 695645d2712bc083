//! Takes what is typed apart: tokens for colour and completion, and where a statement or a command ends.
//!
//! It never fails: a quote that is not closed yet is a token that is still open, since that is what people have on the
//! line while they type.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Blank,
    Comment,
    /// Text in single or dollar quotes.
    Text,
    /// A name in double quotes or backticks.
    Name,
    Number,
    Word,
    /// A semicolon, `\g` or `\G`.
    End,
    Sign,
}

/// A stretch of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    /// Where it starts.
    pub(super) start: usize,
    /// Whether it is whole; only the last token can be open.
    pub(super) closed: bool,
}

/// What was typed, and what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input<'a> {
    /// Nothing but blanks and comments.
    Nothing,
    /// A command without its dot.
    Command(&'a str, &'a str),
    /// A statement without its end.
    Statement { sql: &'a str, vertical: bool, rest: &'a str },
    /// A statement that has no end yet.
    Open(&'a str),
}

/// Words that leave or help without a dot, as in other shells.
const BARE: [&str; 3] = ["help", "quit", "exit"];

/// The first thing that is typed in a text.
pub(super) fn first(text: &str) -> Input<'_> {
    let typed = text.trim_start();
    let (line, after) = typed.split_once('\n').unwrap_or((typed, ""));
    if let Some(command) = line.strip_prefix(['.', '\\']) {
        return Input::Command(command.trim(), after);
    }
    let bare = line.trim().trim_end_matches(';');
    if BARE.contains(&bare.to_ascii_lowercase().as_str()) {
        return Input::Command(bare, after);
    }
    let mut empty = true;
    for token in tokens(text) {
        match token.kind {
            Kind::Blank => {}
            // A command may stand behind comments.
            Kind::Comment if empty && rest(text, token).trim_start().starts_with(['.', '\\']) => {
                return first(rest(text, token));
            }
            Kind::Comment if token.closed => {}
            Kind::End if empty && token.text == ";" => return first(rest(text, token)),
            Kind::End => {
                let sql = text.get(..token.start).unwrap_or_default();
                return Input::Statement { sql, vertical: token.text == "\\G", rest: rest(text, token) };
            }
            _ => empty = false,
        }
    }
    if empty { Input::Nothing } else { Input::Open(text) }
}

fn rest<'a>(text: &'a str, token: Token<'_>) -> &'a str {
    text.get(token.start + token.text.len()..).unwrap_or_default()
}

/// The tokens of a text, which put together again are the text.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let left = text.get(start..).filter(|left| !left.is_empty())?;
        let (kind, length, closed) = token(left);
        let token = Token { kind, text: left.get(..length)?, start, closed };
        start += length;
        Some(token)
    })
}

/// The kind and length of the first token, and whether it is closed.
fn token(text: &str) -> (Kind, usize, bool) {
    let run = |holds: fn(char) -> bool| text.find(|char| !holds(char)).unwrap_or(text.len());
    let mut chars = text.chars();
    match (chars.next().unwrap_or(' '), chars.next()) {
        (char, _) if char.is_whitespace() => (Kind::Blank, run(char::is_whitespace), true),
        ('-', Some('-')) => (Kind::Comment, text.find('\n').unwrap_or(text.len()), true),
        ('/', Some('*')) => comment(text),
        ('\'', _) => quoted(Kind::Text, text, b'\''),
        ('e' | 'E', Some('\'')) => escaped(text),
        ('"', _) => quoted(Kind::Name, text, b'"'),
        ('`', _) => quoted(Kind::Name, text, b'`'),
        ('$', _) => match dollar_tag(text) {
            Some(tag) => match text.get(tag.len()..).and_then(|after| after.find(tag)) {
                Some(end) => (Kind::Text, tag.len() + end + tag.len(), true),
                None => (Kind::Text, text.len(), false),
            },
            None => (Kind::Sign, 1, true),
        },
        (';', _) => (Kind::End, 1, true),
        ('\\', Some('g' | 'G')) => (Kind::End, 2, true),
        (char, _) if char.is_ascii_digit() => {
            (Kind::Number, run(|char| char.is_ascii_alphanumeric() || char == '.'), true)
        }
        (char, _) if char.is_alphabetic() || char == '_' => {
            (Kind::Word, run(|char| char.is_alphanumeric() || matches!(char, '_' | '$')), true)
        }
        (char, _) => (Kind::Sign, char.len_utf8(), true),
    }
}

fn quoted(kind: Kind, text: &str, quote: u8) -> (Kind, usize, bool) {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        if *byte == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return (kind, at + 1, true);
            }
            at += 1;
        }
        at += 1;
    }
    (kind, text.len(), false)
}

/// `E'...'`, in which a backslash escapes.
fn escaped(text: &str) -> (Kind, usize, bool) {
    let mut after_backslash = false;
    for (at, byte) in text.bytes().enumerate().skip(2) {
        match byte {
            _ if after_backslash => after_backslash = false,
            b'\\' => after_backslash = true,
            b'\'' => return (Kind::Text, at + 1, true),
            _ => {}
        }
    }
    (Kind::Text, text.len(), false)
}

fn comment(text: &str) -> (Kind, usize, bool) {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(pair) = text.as_bytes().get(at..at + 2) {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth = depth.saturating_sub(1),
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return (Kind::Comment, at, true);
        }
    }
    (Kind::Comment, text.len(), false)
}

/// `$$` or `$name$` that a text begins with.
fn dollar_tag(text: &str) -> Option<&str> {
    let end = text.get(1..)?.find('$')? + 1;
    let name = text.get(1..end)?;
    let fits = !name.starts_with(|char: char| char.is_ascii_digit())
        && name.chars().all(|char| char.is_alphanumeric() || char == '_');
    if fits { text.get(..=end) } else { None }
}

/// Splits the arguments of a command at blanks; quotes hold blanks together.
pub(super) fn arguments(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for char in text.chars() {
        match (char, quote) {
            (char, Some(open)) if char == open => quote = None,
            (char, Some(_)) => word.get_or_insert_default().push(char),
            ('\'' | '"', None) => {
                quote = Some(char);
                word.get_or_insert_default();
            }
            (char, None) if char.is_whitespace() => found.extend(word.take()),
            (char, None) => word.get_or_insert_default().push(char),
        }
    }
    found.extend(word);
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        format!("{text:?} -> {:?}", first(text))
    }

    #[test]
    fn statements_end_with_a_semicolon_outside_of_quotes() {
        let texts = [
            "SELECT 1;",
            " -- one; two\n SELECT ';', \"a;b\", $$;$$ /* ; /* ; */ */ ; SELECT 2",
            "SELECT 'it''s;",
            "SELECT 1\n",
            "SELECT * FROM t\\G",
            ";; SELECT 1;",
            " -- nothing\n",
            "/* open",
            "SELECT $1, a->'b';",
            "SELECT E'it\\'s; here', e.x;",
        ];
        insta::assert_snapshot!(texts.map(shown).join("\n"), @r#"
        "SELECT 1;" -> Statement { sql: "SELECT 1", vertical: false, rest: "" }
        " -- one; two\n SELECT ';', \"a;b\", $$;$$ /* ; /* ; */ */ ; SELECT 2" -> Statement { sql: " -- one; two\n SELECT ';', \"a;b\", $$;$$ /* ; /* ; */ */ ", vertical: false, rest: " SELECT 2" }
        "SELECT 'it''s;" -> Open("SELECT 'it''s;")
        "SELECT 1\n" -> Open("SELECT 1\n")
        "SELECT * FROM t\\G" -> Statement { sql: "SELECT * FROM t", vertical: true, rest: "" }
        ";; SELECT 1;" -> Statement { sql: " SELECT 1", vertical: false, rest: "" }
        " -- nothing\n" -> Nothing
        "/* open" -> Open("/* open")
        "SELECT $1, a->'b';" -> Statement { sql: "SELECT $1, a->'b'", vertical: false, rest: "" }
        "SELECT E'it\\'s; here', e.x;" -> Statement { sql: "SELECT E'it\\'s; here', e.x", vertical: false, rest: "" }
        "#);
    }

    #[test]
    fn commands_are_a_line() {
        let texts = [
            ".mode csv\nSELECT 1;",
            "-- why\n.mode csv",
            "\\d cloudtrail",
            "exit;",
            "HELP",
            " .help ",
            "quit it",
        ];
        insta::assert_snapshot!(texts.map(shown).join("\n"), @r#"
        ".mode csv\nSELECT 1;" -> Command("mode csv", "SELECT 1;")
        "-- why\n.mode csv" -> Command("mode csv", "")
        "\\d cloudtrail" -> Command("d cloudtrail", "")
        "exit;" -> Command("exit", "")
        "HELP" -> Command("HELP", "")
        " .help " -> Command("help", "")
        "quit it" -> Open("quit it")
        "#);
        assert_eq!(arguments("a 'b c' k=\"x y\" ''"), ["a", "b c", "k=x y", ""]);
    }

    proptest! {
        #[test]
        fn tokens_put_together_are_the_text(text in "[a1'\"$;/*\\\\gG\n\u{e9} -]{0,40}|.{0,40}") {
            let all: String = tokens(&text).map(|token| token.text).collect();
            prop_assert_eq!(&all, &text);
            let _ = first(&text);
        }
    }
}
