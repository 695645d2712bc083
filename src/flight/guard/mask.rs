//! Takes secrets out of SQL before it is written down.
//!
//! People look for leaked keys with the very key in the query. Masked is what looks like a secret by itself (secret
//! access keys, session tokens, JSON web tokens, private keys, long random words), and any literal that stands
//! behind a word such as `password`. Access key IDs, hashes, ARNs and event IDs are no secrets, and what an
//! investigator wants to find in the log; they stay.

/// What stands for a secret.
const MASK: &str = "***";

/// What names a secret, in lower case.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "authorization",
    "private_key",
    "api_key",
];

/// Words from this length on are looked at: the length of a secret access key.
const SUSPECT: usize = 40;

/// The SQL without its secrets, cut off after `most` bytes.
pub(super) fn masked(sql: &str, most: usize) -> String {
    // More than enough, so that no word is cut in two where it still counts.
    let looked_at = cut(sql, most.saturating_mul(2).max(most.saturating_add(4_096)));
    let mut text = without_words(&without_private_keys(&without_named(looked_at)));
    text.truncate(cut(&text, most).len());
    text
}

/// As much of the text as fits into so many bytes.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Masks each literal in single quotes that follows the name of a secret, with nothing but an operator, a closing
/// quote or an opening bracket between.
fn without_named(sql: &str) -> String {
    let mut masked = String::with_capacity(sql.len());
    let mut rest = sql;
    let mut was_named = false;
    while let Some(open) = rest.find('\'') {
        let (before, literal) = rest.split_at(open);
        let end = end_of_literal(literal);
        let (literal, after) = literal.split_at(end);
        masked.push_str(before);
        // What follows in a list is as secret as the one before.
        let named = names_secret(&masked) || was_named && before.trim() == ",";
        was_named = named;
        let bare = literal.trim_matches('\'');
        // An empty text or a name of a field is none: request_parameters->>'password' = '...'
        if named && !bare.is_empty() {
            masked.push('\'');
            masked.push_str(MASK);
            masked.push('\'');
        } else {
            masked.push_str(literal);
        }
        rest = after;
    }
    masked.push_str(rest);
    masked
}

/// The length of the literal that the text begins with; to the end of the text if it is open.
fn end_of_literal(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        if *byte == b'\'' {
            if bytes.get(at + 1) != Some(&b'\'') {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    text.len()
}

/// Tells whether the text ends with the name of a secret and an operator.
fn names_secret(text: &str) -> bool {
    let is_operator = |letter: char| letter.is_whitespace() || "=<>!~(:".contains(letter);
    let trimmed = text.trim_end_matches(is_operator);
    let word = trimmed.rsplit(['\n', ';']).next().unwrap_or_default();
    let tail: String = word.chars().rev().take(64).collect::<Vec<_>>().into_iter().rev().collect();
    let mut tail = tail.to_ascii_lowercase();
    for operator in ["not in", "in", "not like", "like", "not ilike", "ilike", "is distinct from", "as", "to"]
    {
        if let Some(shorter) = tail.strip_suffix(operator).filter(|rest| rest.ends_with([' ', '"', '\''])) {
            tail = shorter.trim_end_matches(is_operator).to_owned();
            break;
        }
    }
    if trimmed.len() == text.len() && tail.len() == word.len().min(64) {
        return false;
    }
    let name = tail.trim_end_matches(['"', '\'', '`', ')']);
    let name = name.rsplit(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next();
    name.is_some_and(|name| NAMES.iter().any(|secret| name.contains(secret)))
}

/// Masks what stands between the head and the foot of a key in PEM.
fn without_private_keys(text: &str) -> String {
    let Some(begin) = text.find("-----BEGIN ") else { return text.to_owned() };
    let (before, key) = text.split_at(begin);
    let end = key.find("-----END ").and_then(|at| Some(at + 9 + key.get(at + 9..)?.find("-----")? + 5));
    let after = end.and_then(|end| key.get(end..)).unwrap_or_default();
    format!("{before}{MASK}{}", without_private_keys(after))
}

/// Masks words that are long and look random.
fn without_words(text: &str) -> String {
    let in_word = |letter: char| letter.is_ascii_alphanumeric() || "+/=_-.".contains(letter);
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(in_word) {
        let (between, word) = rest.split_at(begin);
        let (word, after) = word.split_at(word.find(|letter| !in_word(letter)).unwrap_or(word.len()));
        masked.push_str(between);
        masked.push_str(if is_secret(word) { MASK } else { word });
        rest = after;
    }
    masked.push_str(rest);
    masked
}

fn is_secret(word: &str) -> bool {
    // A JSON web token: its header is an object, and `{"` is `eyJ`.
    if word.starts_with("eyJ") && word.contains('.') {
        return true;
    }
    let has = |test: fn(&u8) -> bool| word.bytes().any(|byte| test(&byte));
    let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit);
    // Hashes and UUIDs have no capital and small letters at once, paths and names are words with few changes.
    word.len() >= SUSPECT && mixed && is_restless(word)
}

/// Tells whether letters change between small, capital and digit as often as they do by chance: names and paths
/// consist of words.
fn is_restless(word: &str) -> bool {
    let class = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    // What separates words does not count, or every path would be restless.
    let changes = |pair: &&[u8]| match **pair {
        [one, other] => class(one) != class(other) && class(one) != 3 && class(other) != 3,
        _ => false,
    };
    let changes = word.as_bytes().windows(2).filter(changes).count();
    // By chance it would be three of five; a documented key has three of ten, the name of a log file one of four.
    changes * 7 >= word.len() * 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // The example of the AWS documentation.
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    fn all(sql: &str) -> String {
        masked(sql, 10_000)
    }

    #[test]
    fn secrets_go() {
        for (sql, expected) in [
            ("SELECT * FROM t WHERE x = 'SECRET'", "SELECT * FROM t WHERE x = '***'"),
            ("-- key SECRET\nSELECT 1", "-- key ***\nSELECT 1"),
            ("SELECT 'SECRET", "SELECT '***"),
            ("x = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc'", "x = '***'"),
            ("WHERE password = 'hunter''2'", "WHERE password = '***'"),
            ("WHERE p->>'SecretString' LIKE 'hunter2%'", "WHERE p->>'SecretString' LIKE '***'"),
            ("WHERE \"api_key\" IN ('abc', 'def', 1)", "WHERE \"api_key\" IN ('***', '***', 1)"),
            (
                "x = '-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----' AND y",
                "x = '***' AND y",
            ),
            ("x = '-----BEGIN PRIVATE KEY-----\nMII", "x = '***"),
        ] {
            assert_eq!(all(&sql.replace("SECRET", SECRET)), expected);
        }
    }

    #[test]
    fn what_an_investigator_looks_for_stays() {
        for sql in [
            "SELECT * FROM cloudtrail WHERE access_key_id = 'AKIAIOSFODNN7EXAMPLE'",
            "WHERE event_id = '6f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'",
            "WHERE sha256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'",
            "WHERE principal = 'arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Administrator'",
            "WHERE event_name IN ('GetSecretValue', 'CreateAccessKey', 'ConsoleLogin')",
            "WHERE event_name = 'GetSessionToken' AND error_code IS NULL",
            "SELECT request_parameters->>'password' FROM cloudtrail",
            "SELECT secret, token FROM t WHERE a = 'x'",
            "WHERE source_file LIKE '%/111122223333_CloudTrail_eu-central-1_20260917T0010Z_Xq3vPzr81kLmN0aB.json.gz'",
            "WHERE source_file = 's3://bucket/AWSLogs/123456789012/CloudTrail/eu-central-1/2026/09/17/x.json.gz'",
        ] {
            assert_eq!(all(sql), sql);
        }
    }

    #[test]
    fn a_secret_is_not_cut_into_something_harmless() {
        let sql = format!("{}'{SECRET}'", "x".repeat(30));
        for most in 0..80 {
            assert!(!masked(&sql, most).contains("wJalr"), "{most}");
        }
    }

    proptest! {
        #[test]
        fn it_takes_any_text(sql in any::<String>(), most in 0_usize..100) {
            prop_assert!(masked(&sql, most).len() <= most);
        }

        #[test]
        fn random_keys_go(key in "[A-Za-z0-9+/]{40}") {
            // One in thousands of random keys looks like words; those that do not must go.
            prop_assume!(is_secret(&key));
            let shown = all(&format!("SELECT 1 WHERE x = '{key}' OR y"));
            prop_assert!(!shown.contains(&key));
        }

        #[test]
        fn numbers_and_names_stay(sql in "(SELECT|WHERE|AND) [a-z_]{1,12} = '[a-zA-Z]{0,30}' [0-9]{1,12}") {
            let named = NAMES.iter().any(|name| sql.to_ascii_lowercase().contains(name));
            prop_assume!(!named);
            prop_assert_eq!(all(&sql), sql);
        }
    }
}
