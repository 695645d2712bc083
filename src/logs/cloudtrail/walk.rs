//! Walks every text inside a JSON value in one pass, telling under which key it stands.

use std::ops::ControlFlow;

use crate::logs::json::MAX_NESTING;
use crate::logs::json::Members;
use crate::logs::json::skip_space;
use crate::logs::json::skip_string;
use crate::logs::json::skip_value;

/// Where a text stands. Keys are as spelled in the JSON, without quotes, escapes kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// The key of the object that holds the text; empty at the top. Lists have no key of their own.
    pub(super) parent: &'a [u8],
    /// The key of the text, or of the list it is in.
    pub(super) key: &'a [u8],
}

/// Shows each text of `json`, quotes included, to `visit`, in order, until it breaks.
///
/// A policy's statements are passed over: what a policy speaks of is not what the call touched. Damaged
/// JSON is walked as far as it can be read.
pub(super) fn texts<'a, V>(json: &'a [u8], mut visit: V)
where
    V: FnMut(Place<'a>, &'a [u8]) -> ControlFlow<()>,
{
    let start = skip_space(json, 0);
    value(json, start, Place::default(), 0, &mut visit);
}

/// Yields the members of a JSON object as (key without quotes, raw value); stops where it is damaged.
pub(super) fn members(json: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let start = skip_space(json, 0);
    let object = json.get(start) == Some(&b'{');
    let members = object.then(|| Members::new(json, start)).into_iter().flatten();
    members.map_while(Result::ok).map(|member| (unquoted(member.key.of(json)), member.value.of(json)))
}

/// A JSON string without its quotes, not unescaped.
pub(super) fn unquoted(raw: &[u8]) -> &[u8] {
    raw.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\"")).unwrap_or_default()
}

/// Returns the end of the value at `at`, or `None` to stop the walk.
fn value<'a, V>(json: &'a [u8], at: usize, place: Place<'a>, depth: usize, visit: &mut V) -> Option<usize>
where
    V: FnMut(Place<'a>, &'a [u8]) -> ControlFlow<()>,
{
    match json.get(at)? {
        b'"' => {
            let end = skip_string(json, at).ok()?;
            match visit(place, json.get(at..end)?) {
                ControlFlow::Continue(()) => Some(end),
                ControlFlow::Break(()) => None,
            }
        }
        open @ (b'{' | b'[') if depth < MAX_NESTING => {
            let object = *open == b'{';
            let mut members = Members::new(json, at);
            while let Some(next) = members.next_key() {
                let (key, start) = next.ok()?;
                let inside = match object {
                    true => Place { parent: place.key, key: unquoted(key.of(json)) },
                    false => place,
                };
                let end = match inside.key {
                    b"Statement" | b"statement" => skip_value(json, start).ok()?,
                    _ => value(json, start, inside, depth + 1, visit)?,
                };
                members.resume(end);
            }
            Some(members.offset())
        }
        _ => skip_value(json, at).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_each_text_with_its_place() {
        let json = br#" {"a":"1","b":{"c":["2",{"d":"3"}],"n":4},"policy":{"Statement":["no"]},"e":"5"} "#;
        let mut seen = String::new();
        texts(json, |place, raw| {
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            seen.push_str(&format!("{}.{}={} ", text(place.parent), text(place.key), text(raw)));
            ControlFlow::Continue(())
        });
        assert_eq!(seen, r#".a="1" b.c="2" c.d="3" .e="5" "#);
    }

    #[test]
    fn stops_when_told_or_damaged() {
        let mut count = 0;
        texts(br#"["a","b","c"]"#, |_, _| {
            count += 1;
            if count == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(count, 2);
        texts(br#"["a",nonsense,"c"]"#, |_, _| {
            count += 1;
            ControlFlow::Continue(())
        });
        assert_eq!(count, 3);
    }
}
