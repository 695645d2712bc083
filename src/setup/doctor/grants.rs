//! What the statements of a policy allow, as far as the checks ask.

use serde_json::Value;

use crate::setup::documents::statements_of;

/// The texts of a field that may be one or many.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Tells whether a pattern of a policy fits a name; `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
        last = Some(part);
    }
    last.is_some_and(|last| last.is_empty() || name.ends_with(last)) || rest.is_empty()
}

/// The statements that allow an action to somebody, with that somebody.
fn allowing<'a>(policy: &'a [Value], action: &'a str) -> impl Iterator<Item = &'a Value> {
    policy.iter().filter(move |statement| {
        statement["Effect"] == "Allow"
            && texts(&statement["Action"]).iter().any(|pattern| fits(pattern, action))
    })
}

/// The statements that let a service do something.
pub(super) fn of_service(policy: Option<&Value>, service: &str, action: &str) -> Vec<Value> {
    let all = policy.map(statements_of).unwrap_or_default();
    let is_named = |statement: &&Value| {
        statement["Principal"] == "*" || texts(&statement["Principal"]["Service"]).contains(&service)
    };
    allowing(&all, action).filter(is_named).cloned().collect()
}

/// Tells whether a statement says for which account or resource a service may act.
pub(super) fn is_bound(statement: &Value) -> bool {
    let conditions = statement["Condition"].as_object().into_iter().flatten();
    let mut keys = conditions.flat_map(|(_, pairs)| pairs.as_object().into_iter().flatten());
    keys.any(|(key, _)| {
        let key = key.to_lowercase();
        ["aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid"].contains(&key.as_str())
    })
}

/// Who outside of the account may do something without a condition: accounts, or `*`.
pub(super) fn outsiders(policy: Option<&Value>, account: &str, action: &str) -> Vec<String> {
    let all = policy.map(statements_of).unwrap_or_default();
    let mut outside = Vec::new();
    for statement in allowing(&all, action).filter(|statement| statement["Condition"].is_null()) {
        let principal = &statement["Principal"];
        let named = if principal.is_string() { texts(principal) } else { texts(&principal["AWS"]) };
        let is_own = |name: &&str| *name == account || name.split(':').nth(4) == Some(account);
        outside.extend(named.into_iter().filter(|name| !is_own(name)).map(str::to_owned));
    }
    outside
}

/// Tells whether a policy lets nobody in without TLS.
pub(super) fn wants_tls(policy: Option<&Value>) -> bool {
    let all = policy.map(statements_of).unwrap_or_default();
    all.iter().any(|statement| {
        let secure = &statement["Condition"]["Bool"]["aws:SecureTransport"];
        statement["Effect"] == "Deny"
            && (*secure == "false" || *secure == false || texts(secure) == ["false"])
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patterns_fit_as_in_policies() {
        assert!(fits("s3:*", "s3:PutObject") && fits("*", "s3:PutObject") && fits("s3:Put*", "s3:PutObject"));
        assert!(fits("S3:putobject", "s3:PutObject") && fits("s3:*Object", "s3:PutObject"));
        assert!(!fits("s3:Get*", "s3:PutObject") && !fits("s3:Put", "s3:PutObject"));
    }

    #[test]
    fn outsiders_are_those_of_other_accounts() {
        let policy = |principal: Value| json!({"Statement": {"Effect": "Allow", "Action": "s3:*", "Principal": principal}});
        let of = |principal| outsiders(Some(&policy(principal)), "111122223333", "s3:PutObject");
        assert_eq!(of(json!("*")), ["*"]);
        assert_eq!(of(json!({"AWS": "arn:aws:iam::111122223333:root"})), Vec::<String>::new());
        assert_eq!(
            of(json!({"AWS": ["arn:aws:iam::999900001111:root"]})),
            ["arn:aws:iam::999900001111:root"]
        );
    }
}
