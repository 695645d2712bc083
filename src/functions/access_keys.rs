//! Access keys: which were handed out, and whose they are.

use datafusion::arrow::datatypes::DataType;

use crate::functions::Function;
use crate::logs::cloudtrail::derive;
use crate::logs::cloudtrail::facts::Facts;

pub(super) const ISSUED_ACCESS_KEY_ID: Function = Function {
    name: "issued_access_key_id",
    description: "Gives the access key that a call handed out (AssumeRole and its kin, GetSessionToken, \
        GetFederationToken, CreateAccessKey ...), which later events carry as `access_key_id`: the link from one \
        session to the next. It is what the column `cloudtrail.issued_access_key_id` holds. NULL if none was \
        handed out, or the text is no JSON object.",
    arguments: &[("json", "An event's JSON, as `cloudtrail_json.event`.")],
    optional: None,
    example: r#"
> SELECT issued_access_key_id('{"eventName":"AssumeRole","responseElements":{"credentials":{"accessKeyId":"ASIAEXAMPLE"}}}') AS key;
+-------------+
| key         |
+-------------+
| ASIAEXAMPLE |
+-------------+
"#,
    returns: || DataType::Utf8,
    evaluate: |arguments| {
        let events = arguments.texts(0)?;
        Ok(arguments.map_text(|row| {
            let facts = Facts::read(events.get(row)?.as_bytes())?;
            derive::issued_access_key_id(&facts).map(|key| key.into_owned().into())
        }))
    },
};

pub(super) const ACCESS_KEY_ACCOUNT: Function = Function {
    name: "access_key_account",
    description: "Reads the number of the account out of the id of an access key (`AKIA...`, `ASIA...`), a user \
        (`AIDA...`), a role (`AROA...`) or their like, which holds it since 2019: so a key is traced to its account \
        without asking anybody. NULL for an older id, whose fifth character is a letter before `Q`, and for what is \
        no such id. Made-up ids give made-up accounts: the id proves nothing.",
    arguments: &[(
        "key",
        "The id, as `access_key_id` or `user_principal_id`; a session's name behind it is passed over.",
    )],
    optional: None,
    example: r#"
> SELECT access_key_account('ASIARTX3GSDS2VEXMPLE') AS account, access_key_account('AKIAIOSFODNN7EXAMPLE') AS older;
+--------------+-------+
| account      | older |
+--------------+-------+
| 111122223333 |       |
+--------------+-------+
"#,
    returns: || DataType::Utf8,
    evaluate: |arguments| {
        let keys = arguments.texts(0)?;
        Ok(arguments.map_text(|row| account_of_id(keys.get(row)?).map(Into::into)))
    },
};

/// Reads the account number that the id of a key, user or role made since 2019 holds.
///
/// Behind the four letters that tell the kind, an id is base 32. Its first bit is set if it holds an account; the
/// next forty are the number. `None` for older ids, which hold none, and for what is no such id.
/// A session's name behind the id (`AROA...:name`) does not disturb.
fn account_of_id(id: &str) -> Option<String> {
    /// Keys, sessions' keys, bearer tokens; groups, users, instance profiles, policies and their versions, roles.
    const KINDS: [&str; 10] =
        ["AKIA", "ASIA", "ABIA", "AGPA", "AIDA", "AIPA", "ANPA", "ANVA", "AROA", "APKA"];
    let id = id.split_once(':').map_or(id, |(id, _)| id);
    let (kind, code) = id.split_at_checked(4)?;
    let digits: Vec<u64> = code.bytes().map(base32).collect::<Option<_>>()?;
    if !KINDS.contains(&kind) || !(16..=124).contains(&digits.len()) {
        return None;
    }
    // Ten digits are fifty bits: the mark, forty of the account, nine that follow it.
    let bits = digits.iter().take(10).fold(0, |bits, digit| bits << 5 | digit);
    let (mark, account) = (bits >> 49, bits >> 9 & ((1 << 40) - 1));
    (mark == 1 && account < 1_000_000_000_000).then(|| format!("{account:012}"))
}

fn base32(digit: u8) -> Option<u64> {
    match digit {
        b'A'..=b'Z' => Some(u64::from(digit - b'A')),
        b'2'..=b'7' => Some(u64::from(digit - b'2') + 26),
        _ => None,
    }
}
