//! Patterns for names, as SQL's LIKE has them: `%` is any letters, `_` any one, `\` takes the next as it is.

/// Tells whether a name is one that a pattern stands for; no pattern stands for all.
pub(super) fn matches(pattern: Option<&str>, name: &str) -> bool {
    let Some(pattern) = pattern else { return true };
    let (pattern, name) = (read(pattern), name.chars().collect::<Vec<_>>());
    // `ends[n]`: what of the pattern has been read so far stands for the first n letters of the name.
    let mut ends = vec![false; name.len() + 1];
    ends[0] = true;
    for part in pattern {
        let mut next = vec![false; name.len() + 1];
        for at in 0..=name.len() {
            next[at] = match part {
                Part::Many => ends[at] || (at > 0 && next[at - 1]),
                Part::One => at > 0 && ends[at - 1],
                Part::Letter(letter) => at > 0 && ends[at - 1] && name[at - 1] == letter,
            };
        }
        ends = next;
    }
    ends[name.len()]
}

#[derive(Clone, Copy)]
enum Part {
    Many,
    One,
    Letter(char),
}

fn read(pattern: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        parts.push(match letter {
            '%' => Part::Many,
            '_' => Part::One,
            '\\' => Part::Letter(letters.next().unwrap_or('\\')),
            other => Part::Letter(other),
        });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_for_names_as_in_sql() {
        for (pattern, name, expected) in [
            ("%", "", true),
            ("", "", true),
            ("", "a", false),
            ("cloudtrail", "cloudtrail", true),
            ("cloud%", "cloudtrail_json", true),
            ("%trail", "cloudtrail_json", false),
            ("%trail%", "cloudtrail_json", true),
            ("s3_access", "s3_access", true),
            ("s3_access", "s3xaccess", true),
            ("s3\\_access", "s3xaccess", false),
            ("s3\\_access", "s3_access", true),
            ("%a%b%", "xaxxbx", true),
            ("_", "ä", true),
            ("100\\%", "100%", true),
            ("Cloudtrail", "cloudtrail", false),
        ] {
            assert_eq!(matches(Some(pattern), name), expected, "{pattern} {name}");
        }
        assert!(matches(None, "anything"));
    }
}
