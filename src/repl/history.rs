//! What was typed, kept for the next time: per user, bounded, readable by nobody else, without secrets.

use std::path::PathBuf;

use crate::error::Error;
use crate::error::Result;
use crate::repl::words;
use crate::repl::words::Kind;

/// How many entries are kept.
pub(super) const ENTRIES: usize = 2_000;

/// What is longer is not kept: it came from a file or a clipboard.
const LONGEST: usize = 16 << 10;

/// Names of what must not be kept when a value follows; compared with the end of the word before it.
const SECRET_NAMES: [&str; 8] =
    ["password", "passwd", "passphrase", "secret", "secretaccesskey", "secretkey", "sessiontoken", "token"];

/// Where the history is: `$XDG_STATE_HOME/trailql/history`, else `~/.local/state/trailql/history`.
pub(super) fn place() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = variable("XDG_STATE_HOME").or_else(|| Some(variable("HOME")?.join(".local/state")))?;
    Some(state.join("trailql/history"))
}

/// Makes the folder of the history, for the user alone.
///
/// # Errors
/// It cannot be made.
pub(super) fn prepare(place: &std::path::Path) -> Result<()> {
    let Some(folder) = place.parent().filter(|folder| !folder.is_dir()) else { return Ok(()) };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| Error::storage(format!("cannot make {}", folder.display())).caused_by(error))
}

/// Tells whether an entry may be kept.
pub(super) fn may_keep(entry: &str) -> bool {
    entry.len() <= LONGEST && !entry.starts_with(' ') && !holds_secret(entry)
}

/// Tells whether a text holds what looks like a secret: a secret access key, a session token, a private key, or a
/// value given to something called password, secret or token. Access key ids are no secrets, and what people here
/// ask for all day.
fn holds_secret(text: &str) -> bool {
    if text.contains("PRIVATE KEY-----") {
        return true;
    }
    let is_secret_char =
        |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '/' | '=' | '_' | '-' | '.');
    let pieces = text.split(|char| !is_secret_char(char));
    if pieces.flat_map(|piece| [piece, piece.rsplit('=').next().unwrap_or(piece)]).any(is_key_material) {
        return true;
    }
    named_secret(text)
}

/// Secret access keys are 40 characters of base64; session tokens and web tokens are long ones.
fn is_key_material(piece: &str) -> bool {
    let of = |is: fn(&u8) -> bool| piece.bytes().filter(&is).count();
    let (upper, lower) = (of(u8::is_ascii_uppercase), of(u8::is_ascii_lowercase));
    // Names and paths are words; random text mixes cases and digits.
    let random = upper >= 4 && lower >= 4 && of(u8::is_ascii_digit) >= 1;
    let base64 = piece.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
    let words = piece.split('/').filter(|word| word.len() > 2).count() > 3;
    let token = piece.starts_with("eyJ") && piece.len() > 30;
    token || (random && base64 && piece.len() == 40 && !words) || (random && piece.len() >= 100)
}

/// A value that is given to something called a secret: `password = '...'`, `->>'secretKey' LIKE '...'`, `token:...`.
fn named_secret(text: &str) -> bool {
    let mut name = false;
    let mut given = false;
    for token in words::tokens(text) {
        let bare: String = token.text.chars().filter(|char| char.is_ascii_alphanumeric()).collect();
        let bare = bare.to_ascii_lowercase();
        match token.kind {
            Kind::Blank | Kind::Comment => {}
            Kind::Text | Kind::Number if name && given && !bare.is_empty() => return true,
            Kind::Word
                if name && given && !matches!(bare.as_str(), "like" | "ilike" | "is" | "not" | "null") =>
            {
                // A column, unless this is a command line: `.report x password=hunter2`.
                if text.trim_start().starts_with(['.', '\\']) {
                    return true;
                }
                (name, given) = (false, false);
            }
            Kind::Word | Kind::Text | Kind::Name => {
                match bare.as_str() {
                    "like" | "ilike" | "not" | "in" if name => given = true,
                    _ => {
                        (name, given) = (SECRET_NAMES.iter().any(|secret| bare.ends_with(secret)), false);
                        // JSON in one literal: {"password":"..."}.
                        if token.kind == Kind::Text && inner_secret(token.text) {
                            return true;
                        }
                    }
                }
            }
            Kind::Sign => match token.text {
                "=" | ":" | "~" => given = name,
                "<" | ">" | "!" | "(" | ")" | "|" | "-" => {}
                _ => (name, given) = (false, false),
            },
            Kind::Number | Kind::End => (name, given) = (false, false),
        }
    }
    false
}

fn inner_secret(literal: &str) -> bool {
    let lower = literal.to_ascii_lowercase().replace(['_', '-'], "");
    SECRET_NAMES.iter().any(|name| {
        lower.match_indices(name).any(|(at, _)| {
            let after = lower.get(at + name.len()..).unwrap_or_default();
            let value = after.trim_start_matches(['"', '\\', ' ']);
            value
                .strip_prefix([':', '='])
                .is_some_and(|value| value.trim_matches(['"', '\'', ' ', '%']).len() > 2)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::may_keep;

    #[test]
    fn secrets_are_not_kept() {
        for text in [
            "SELECT 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';",
            "SELECT * FROM t WHERE request_parameters->>'password' = 'hunter2';",
            "SELECT * FROM t WHERE password='hunter2'",
            "SELECT '{\"masterUserPassword\": \"hunter2\"}';",
            ".report x secret=hunter2",
            "SELECT * FROM search('aws_secret_access_key=abcdef');",
            "SELECT * FROM t WHERE x = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0';",
            "SELECT '-----BEGIN RSA PRIVATE KEY-----';",
            " SELECT 'begins with a blank';",
        ] {
            assert!(!may_keep(text), "{text}");
        }
        assert!(!may_keep(&"x".repeat(20_000)));
    }

    #[test]
    fn what_people_ask_for_is_kept() {
        for text in [
            "SELECT * FROM cloudtrail WHERE access_key_id = 'AKIAIOSFODNN7EXAMPLE';",
            "SELECT * FROM cloudtrail WHERE event_name = 'ChangePassword';",
            "SELECT * FROM cloudtrail WHERE event_name IN ('GetSecretValue', 'GetSessionToken');",
            "SELECT token, count(*) FROM t GROUP BY 1;",
            "SELECT sha256 FROM sources WHERE sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';",
            "SELECT * FROM t WHERE commit = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';",
            "SELECT * FROM t WHERE arn = 'arn:aws:iam::111122223333:role/aws-service-role/AWSServiceRoleForConfig2';",
            "SELECT * FROM reports.passwords_changed WHERE request_parameters->>'password' IS NOT NULL;",
            ".report user_activity who=alice",
        ] {
            assert!(may_keep(text), "{text}");
        }
    }
}
