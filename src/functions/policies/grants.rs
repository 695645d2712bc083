//! Everything that lets somebody in, read out of whatever holds it.

use std::borrow::Cow;

use serde_json::Map;
use serde_json::Value;

use crate::functions::policies::conditions::Limits;
use crate::logs::arn::Arn;
use crate::logs::cloudtrail::kind;

/// An Allow statement, or something that does the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Grant {
    /// Who is let in.
    pub(super) who: Vec<Who>,
    /// To do what; what `NotAction` excepts is marked.
    pub(super) actions: Vec<String>,
    /// What the condition says.
    pub(super) limits: Limits,
}

/// Who is let in, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// `*`, `all`, or a group that everyone is in.
    Everyone(String),
    /// Everyone but this one.
    AllBut(String),
    /// An AWS service.
    Service(String),
    /// Anybody else.
    Named(String),
}

impl Grant {
    /// Tells whether it lets everyone in.
    pub(super) fn is_public(&self) -> bool {
        !self.limits.restrict && self.who.iter().any(|who| matches!(who, Who::Everyone(_) | Who::AllBut(_)))
    }
}

/// The account a principal belongs to, or its canonical id; `None` if it does not say.
pub(super) fn account_of(name: &str) -> Option<String> {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_canonical = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_account(name) || is_canonical {
        return Some(name.to_owned());
    }
    Arn::parse(name).map(|arn| arn.account).filter(|account| is_account(account)).map(str::to_owned)
}

/// A text, or a list of texts. Others, as the functions of a template, name nobody.
pub(super) fn texts(value: &Value) -> Vec<Cow<'_, str>> {
    match value {
        Value::String(text) => vec![Cow::Borrowed(text)],
        Value::Bool(_) | Value::Number(_) => vec![Cow::Owned(value.to_string())],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Reads all grants a text holds; `None` if it holds nothing that could grant.
pub(super) fn read(text: &str) -> Option<Vec<Grant>> {
    /// Parts of the keys looked for below, and of keys that hide behind escapes. Most parameters have none, and a
    /// search is far cheaper than a parser.
    const MARKS: [&str; 10] =
        ["ffect", "tatement", "rincipal", "mz-", "rantee", "ermission", "ToAdd", "WSAccountId", "\\u", "%22"];
    if !MARKS.iter().any(|mark| text.contains(mark)) {
        return None;
    }
    let mut search = Search::default();
    search.text(text, 0);
    search.found.then_some(search.grants)
}

/// How many texts may stand in one another. A response's text holds a statement in a text.
const MOST_TEXTS: usize = 4;

#[derive(Default)]
struct Search {
    grants: Vec<Grant>,
    /// Something was found that may grant, even if it grants nothing.
    found: bool,
}

impl Search {
    fn text(&mut self, text: &str, depth: usize) {
        let text = text.trim();
        if depth == MOST_TEXTS {
            return;
        }
        let json = match text.as_bytes().first() {
            Some(b'{' | b'[' | b'"') => serde_json::from_str(text).ok(),
            // Programs differ in whether a space is `%20` or `+`.
            Some(b'%') => percent_decoded(text)
                .and_then(|text| serde_json::from_str(&text).ok())
                .or_else(|| serde_json::from_str(&percent_decoded(&text.replace('+', " "))?).ok()),
            _ => None,
        };
        json.iter().for_each(|value| self.value(value, depth + 1));
    }

    fn value(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.value(value, depth)),
            Value::String(text) => self.text(text, depth),
            Value::Object(object) => self.object(object, depth),
            _ => {}
        }
    }

    fn object(&mut self, object: &Map<String, Value>, depth: usize) {
        let effect = get(object, "Effect").and_then(Value::as_str).unwrap_or_default();
        if effect.eq_ignore_ascii_case("Allow") || effect.eq_ignore_ascii_case("Deny") {
            self.found = true;
            if effect.eq_ignore_ascii_case("Allow") {
                self.grants.push(statement(object));
            }
            return;
        }
        // A policy without statements is one all the same.
        self.found |= object.contains_key("Version") && object.contains_key("Statement");
        self.permission(object);
        self.labelled(object);
        self.key_grant(object);
        self.acl(object);
        self.shared(object);
        object.values().for_each(|value| self.value(value, depth));
    }

    fn grant(&mut self, who: Vec<Who>, actions: Vec<String>, limits: Limits) {
        self.found = true;
        if !who.is_empty() {
            self.grants.push(Grant { who, actions, limits });
        }
    }

    /// AddPermission of Lambda, AddLayerVersionPermission, PutPermission of EventBridge: one flat statement.
    fn permission(&mut self, object: &Map<String, Value>) {
        let text = |name| get(object, name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (Some(principal), Some(action)) = (text("principal"), text("action")) else { return };
        let mut limits = Limits::default();
        for (name, key) in [
            ("sourceArn", "aws:SourceArn"),
            ("sourceAccount", "aws:SourceAccount"),
            ("principalOrgID", "aws:PrincipalOrgID"),
            ("organizationId", "aws:PrincipalOrgID"),
        ] {
            get(object, name).into_iter().for_each(|value| limits.add("StringLike", key, value));
        }
        if let Some(condition) = get(object, "condition").and_then(Value::as_object)
            && let (Some(operator), Some(key), Some(value)) =
                (get(condition, "type"), get(condition, "key"), get(condition, "value"))
            && let (Some(operator), Some(key)) = (operator.as_str(), key.as_str())
        {
            limits.add(operator, key, value);
        }
        self.grant(vec![who(principal)], vec![action.to_owned()], limits);
    }

    /// AddPermission of SNS and SQS: a label, accounts and actions.
    fn labelled(&mut self, object: &Map<String, Value>) {
        let list = |names: [&str; 2]| names.iter().find_map(|name| get(object, name)).map(texts);
        if get(object, "label").is_some()
            && let Some(accounts) = list(["aWSAccountId", "aWSAccountIds"])
            && let Some(actions) = list(["actionName", "actions"])
        {
            let who = accounts.iter().map(|account| who(account)).collect();
            self.grant(who, actions.into_iter().map(Cow::into_owned).collect(), Limits::default());
        }
    }

    /// CreateGrant of KMS.
    fn key_grant(&mut self, object: &Map<String, Value>) {
        if let Some(Value::String(grantee)) = get(object, "granteePrincipal") {
            let operations = get(object, "operations").map(texts).unwrap_or_default();
            let actions = operations.into_iter().map(Cow::into_owned).collect();
            self.grant(vec![who(grantee)], actions, Limits::default());
        }
    }

    /// One grant of an S3 ACL, and the headers that say the same.
    fn acl(&mut self, object: &Map<String, Value>) {
        if let (Some(grantee), Some(permission)) = (get(object, "Grantee"), get(object, "Permission")) {
            let names = ["URI", "ID", "EmailAddress"];
            let name = names.iter().find_map(|name| get(grantee.as_object()?, name)?.as_str());
            let actions = texts(permission).into_iter().map(Cow::into_owned).collect();
            self.grant(name.map(group).into_iter().collect(), actions, Limits::default());
        }
        for (key, value) in object {
            let key = key.to_ascii_lowercase();
            if key == "x-amz-acl" {
                texts(value).iter().for_each(|name| self.canned(name));
            } else if let Some(permission) = key.strip_prefix("x-amz-grant-") {
                let permission = permission.to_ascii_uppercase().replace('-', "_");
                // `uri="http://...", id="..."`
                for grantee in texts(value).iter().flat_map(|grantees| grantees.split(',')) {
                    let name = grantee.split_once('=').map_or(grantee, |(_, name)| name);
                    let name = name.trim_matches(['"', ' ']);
                    self.grant(vec![group(name)], vec![permission.clone()], Limits::default());
                }
            }
        }
    }

    fn canned(&mut self, name: &str) {
        let (group, permissions): (_, &[&str]) = match name {
            "public-read" => (ALL_USERS, &["READ"]),
            "public-read-write" => (ALL_USERS, &["READ", "WRITE"]),
            "authenticated-read" => (AUTHENTICATED_USERS, &["READ"]),
            "log-delivery-write" => (LOG_DELIVERY, &["WRITE", "READ_ACP"]),
            // The others name the owners of bucket and object, and EC2.
            _ => return self.found = true,
        };
        let actions = permissions.iter().map(|permission| (*permission).to_owned()).collect();
        self.grant(vec![self::group(group)], actions, Limits::default());
    }

    /// Snapshots, images and documents given to other accounts. What is taken from them is no grant.
    fn shared(&mut self, object: &Map<String, Value>) {
        for name in ["createVolumePermission", "launchPermission"] {
            if let Some(Value::Object(permission)) = get(object, name) {
                let Some(added) = get(permission, "add") else { continue };
                let mut who = Vec::new();
                take_shared(added, &mut who);
                self.grant(who, vec![name.to_owned()], Limits::default());
            }
        }
        let restores = get(object, "attributeName").is_some_and(|name| name == "restore");
        for (name, action) in [("valuesToAdd", "restore"), ("accountIdsToAdd", "share")] {
            if let Some(values) = get(object, name).filter(|_| restores || action != "restore") {
                let who = texts(values).iter().map(|name| who(name)).collect();
                self.grant(who, vec![action.to_owned()], Limits::default());
            }
        }
    }
}

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

fn statement(object: &Map<String, Value>) -> Grant {
    let mut grant = Grant { limits: Limits::read(get(object, "Condition")), ..Grant::default() };
    let principals = get(object, "Principal").map(principals).unwrap_or_default();
    grant.who.extend(principals.into_iter().map(|(kind, name)| match kind {
        "Service" => Who::Service(name),
        _ if name == "*" && kind != "Federated" => Who::Everyone(name),
        _ => Who::Named(name),
    }));
    let excepted = get(object, "NotPrincipal").map(self::principals).unwrap_or_default();
    grant.who.extend(excepted.into_iter().map(|(_, name)| Who::AllBut(name)));
    let list = |name: &str| get(object, name).map(texts).unwrap_or_default();
    grant.actions.extend(list("Action").into_iter().map(Cow::into_owned));
    grant.actions.extend(list("NotAction").iter().map(|action| format!("NotAction:{action}")));
    grant
}

/// Principals with the kind they stand under, which is empty for a bare text.
fn principals(value: &Value) -> Vec<(&str, String)> {
    match value {
        Value::Object(kinds) => kinds
            .iter()
            .flat_map(|(kind, names)| {
                texts(names).into_iter().map(move |name| (kind.as_str(), name.into_owned()))
            })
            .collect(),
        bare => texts(bare).into_iter().map(|name| ("", name.into_owned())).collect(),
    }
}

fn who(name: &str) -> Who {
    match name {
        "*" => Who::Everyone(name.to_owned()),
        _ if name.eq_ignore_ascii_case("all") => Who::Everyone(name.to_owned()),
        _ if kind::is_service(name) => Who::Service(name.to_owned()),
        _ => Who::Named(name.to_owned()),
    }
}

fn group(name: &str) -> Who {
    match name {
        ALL_USERS | AUTHENTICATED_USERS => Who::Everyone(name.to_owned()),
        _ => Who::Named(name.to_owned()),
    }
}

fn take_shared(added: &Value, found: &mut Vec<Who>) {
    match added {
        Value::Array(values) => values.iter().for_each(|value| take_shared(value, found)),
        Value::Object(object) => {
            for name in ["userId", "group", "organizationArn", "organizationalUnitArn"] {
                found.extend(get(object, name).and_then(Value::as_str).map(who));
            }
            get(object, "items").into_iter().for_each(|items| take_shared(items, found));
        }
        _ => {}
    }
}

/// The member of a name, whatever its case: APIs differ in how CloudTrail spells their parameters.
fn get<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Decodes `%7B%22...`; `None` if what comes out is no text. What is no escape stays.
fn percent_decoded(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        let escaped = text_of_two(behind).filter(|_| *byte == b'%');
        decoded.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { behind.get(2..)? } else { behind };
    }
    String::from_utf8(decoded).ok()
}

fn text_of_two(bytes: &[u8]) -> Option<u8> {
    let digits = bytes.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::any;
    use proptest::prelude::proptest;
    use proptest::prop_assert_eq;

    use super::*;

    proptest! {
        #[test]
        fn encoded_it_says_the_same(actions in any::<Vec<String>>(), principal in any::<String>(), name in any::<String>()) {
            let policy = serde_json::json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions}]});
            let plain = policy.to_string();
            let encoded: String = plain.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let expected = read(&plain);
            prop_assert_eq!(expected.as_ref().map(Vec::len), Some(1));
            for text in [plain, encoded] {
                prop_assert_eq!(&read(&text), &expected);
                let parameters = serde_json::json!({"name": name, "policyDocument": text}).to_string();
                prop_assert_eq!(&read(&parameters), &expected);
            }
        }
    }
}
