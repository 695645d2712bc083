//! Keys that a path of an object store cannot hold.
//!
//! A key of S3 is any text. A [`Path`] has no empty segments, none that are `.` or `..`, and no control characters;
//! one such key would make the listing of its whole bucket fail, and `folder/` would become `folder`, which is
//! another object. Such keys are no rarity: a trail with the prefix `logs/` delivers to `logs//AWSLogs/...`.
//!
//! So what a path cannot hold is written into it after a [`MARK`], and [`wire`] takes it out of each request again.
//! Beyond this module nobody sees the mark.
//!
//! [`wire`]: crate::storage::wire

use object_store::path::Path;

/// Begins an escape: the last character for private use, which no sensible key holds. Two characters follow it.
const MARK: char = '\u{10FFFD}';
/// The mark as it stands in a URL.
pub(super) const MARK_IN_URL: &str = "%F4%8F%BF%BD";
/// Stands for the mark itself.
const ITSELF: &str = "xx";
/// Stands for nothing, in a segment that is empty.
const NOTHING: &str = "--";

/// The path that stands for a key or a prefix.
pub(super) fn path(key: &str) -> Path {
    if key.is_empty() {
        return Path::default();
    }
    let escaped = escape(key).unwrap_or_else(|| key.to_owned());
    Path::parse(&escaped).unwrap_or_else(|_| Path::from(escaped))
}

/// The key that a path stands for.
pub(super) fn key(path: &Path) -> String {
    unescape(path.as_ref())
}

/// Takes the escapes out of a text.
pub(super) fn unescape(text: &str) -> String {
    let mut parts = text.split(MARK);
    let mut key = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_at_checked(2).unwrap_or(("", part));
        match code {
            NOTHING => {}
            ITSELF => key.push(MARK),
            _ => match u8::from_str_radix(code, 16) {
                Ok(byte) => key.push(char::from(byte)),
                Err(_) => key.extend([MARK.to_string().as_str(), code]),
            },
        }
        key.push_str(rest);
    }
    key
}

/// Writes a key so that a path can hold it; none if it can as it is.
fn escape(key: &str) -> Option<String> {
    if !key.split('/').any(needs_escape) {
        return None;
    }
    Some(key.split('/').map(escape_segment).collect::<Vec<_>>().join("/"))
}

fn needs_escape(segment: &str) -> bool {
    matches!(segment, "" | "." | "..")
        || segment.contains(|letter: char| letter.is_ascii_control() || letter == MARK)
}

fn escape_segment(segment: &str) -> String {
    match segment {
        "" => format!("{MARK}{NOTHING}"),
        "." | ".." => segment.replacen('.', &format!("{MARK}2e"), 1),
        _ => segment
            .chars()
            .map(|letter| match letter {
                MARK => format!("{MARK}{ITSELF}"),
                letter if letter.is_ascii_control() => format!("{MARK}{:02x}", u32::from(letter)),
                letter => letter.to_string(),
            })
            .collect(),
    }
}

/// Writes the keys and prefixes of a listing so that paths can hold them; none if they can as they are.
pub(super) fn escape_listing(xml: &str) -> Option<String> {
    let mut escaped = String::new();
    let mut done = 0;
    let mut from = 0;
    while let Some(at) = xml.get(from..).and_then(|rest| rest.find('<')).map(|at| from + at) {
        from = at + 1;
        let rest = xml.get(at..)?;
        let (open, close, is_prefix) = match rest {
            rest if rest.starts_with("<Key>") => ("<Key>", "</Key>", false),
            rest if rest.starts_with("<Prefix>") => ("<Prefix>", "</Prefix>", true),
            _ => continue,
        };
        let start = at + open.len();
        let end = start + xml.get(start..)?.find(close)?;
        from = end;
        let text = unquote(xml.get(start..end)?);
        // The slash at the end of a prefix is no part of its last segment.
        let (key, slash) = match text.strip_suffix('/').filter(|_| is_prefix) {
            Some(key) => (key, "/"),
            None => (text.as_str(), ""),
        };
        if let Some(key) = escape(key).filter(|_| !text.is_empty()) {
            escaped.push_str(xml.get(done..start)?);
            escaped.push_str(&quote(&key));
            escaped.push_str(slash);
            done = end;
        }
    }
    (done > 0).then(|| escaped + xml.get(done..).unwrap_or_default())
}

fn quote(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Resolves the references of XML; those it does not know stay.
pub(super) fn unquote(xml: &str) -> String {
    let mut parts = xml.split('&');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let resolved = part.split_once(';').and_then(|(name, rest)| Some((reference(name)?, rest)));
        match resolved {
            Some((letter, rest)) => {
                text.push(letter);
                text.push_str(rest);
            }
            None => text.extend(["&", part]),
        }
    }
    text
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    /// Keys that a path cannot hold, and some that it can.
    const KEYS: &[&str] = &[
        "plain/key.json.gz",
        "100%/a b/ä#?&<>\"'.gz",
        "a%2Fb",
        "logs//AWSLogs/x",
        "/leading",
        "folder/",
        "/",
        "//",
        "a/./b/../c",
        "tab\there",
        "\u{10FFFD}--/\u{10FFFD}",
    ];

    #[test]
    fn a_path_stands_for_exactly_one_key() {
        for name in KEYS {
            assert_eq!(key(&path(name)), *name);
        }
        assert_eq!(path("a%2Fb/c d").as_ref(), "a%2Fb/c d");
        assert_ne!(path("folder/"), path("folder"));
        assert_eq!(path(""), Path::default());
    }

    #[test]
    fn listings_keep_every_key() {
        let contents: String =
            KEYS.iter().map(|key| format!("<Contents><Key>{}</Key></Contents>", quote(key))).collect();
        let prefixes = "<CommonPrefixes><Prefix>logs//</Prefix></CommonPrefixes>";
        let xml = format!("<R><Prefix></Prefix>{contents}{prefixes}</R>");
        let escaped = escape_listing(&xml).unwrap();
        let found: Vec<_> = escaped
            .split("<Key>")
            .skip(1)
            .map(|rest| unquote(rest.split("</Key>").next().unwrap()))
            .map(|text| key(&Path::parse(text).unwrap()))
            .collect();
        assert_eq!(found, KEYS);
        assert!(escaped.contains(&format!("<Prefix>logs/{MARK}--/</Prefix>")));
        assert!(escaped.starts_with("<R><Prefix></Prefix>"));
    }

    #[test]
    fn plain_listings_stay_as_they_are() {
        assert_eq!(escape_listing("<R><Key>a/b&amp;c</Key><Prefix>a/</Prefix><Prefix/></R>"), None);
        assert_eq!(escape_listing("<R><Key>cut of"), None);
    }

    #[test]
    fn references_are_resolved() {
        assert_eq!(unquote("a&amp;lt;&#x1;&#228;&nope; & b"), "a&lt;\u{1}ä&nope; & b");
    }

    proptest! {
        #[test]
        fn any_key_comes_back(name in "[a./%\\x00-\\x1f\u{10FFFD}x2-]{0,12}|\\PC{0,12}") {
            let stands = path(&name);
            prop_assert_eq!(key(&stands), name);
            prop_assert!(Path::parse(stands.as_ref()).is_ok());
        }

        #[test]
        fn no_listing_makes_it_panic(xml in "(<Key>|</Key>|<Prefix>|</Prefix>|[/.&;a#x]|\\PC){0,30}") {
            let _ = escape_listing(&xml);
        }
    }
}
