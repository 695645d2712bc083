//! Policies, merged by the identifiers of their statements.

use serde_json::Value;
use serde_json::json;

/// The policy with these statements in it: each in the place of the one of its `Sid`, or at the end.
pub(super) fn merged(policy: Option<&Value>, statements: &[Value]) -> Value {
    let mut policy = policy.cloned().unwrap_or_else(|| json!({"Version": "2012-10-17", "Statement": []}));
    let mut all = statements_of(&policy);
    for ours in statements {
        match all.iter_mut().find(|known| known["Sid"] == ours["Sid"]) {
            Some(known) if is_same(known, ours) => {}
            Some(known) => *known = ours.clone(),
            None => all.push(ours.clone()),
        }
    }
    policy["Statement"] = Value::Array(all);
    policy
}

/// The policy without the statements of these identifiers; none if no other is left.
pub(super) fn without(policy: &Value, sids: &[&str]) -> Option<Value> {
    let mut all = statements_of(policy);
    all.retain(|statement| statement["Sid"].as_str().is_none_or(|sid| !sids.contains(&sid)));
    let mut policy = policy.clone();
    let is_left = !all.is_empty();
    policy["Statement"] = Value::Array(all);
    is_left.then_some(policy)
}

/// Tells whether all the statements are in the policy, as they are wanted.
pub(super) fn holds(policy: Option<&Value>, statements: &[Value]) -> bool {
    let all = policy.map(statements_of).unwrap_or_default();
    statements.iter().all(|ours| all.iter().any(|known| known["Sid"] == ours["Sid"] && is_same(known, ours)))
}

/// The statements of a policy; a single one need not be in a list.
pub(super) fn statements_of(policy: &Value) -> Vec<Value> {
    match &policy["Statement"] {
        Value::Array(all) => all.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

/// Tells whether two documents mean the same: AWS writes lists in any order, and a list of one as its element.
pub(super) fn is_same(left: &Value, right: &Value) -> bool {
    normal(left) == normal(right)
}

fn normal(value: &Value) -> Value {
    match value {
        Value::Array(all) => {
            let mut all: Vec<Value> = all.iter().map(normal).collect();
            all.sort_by_key(Value::to_string);
            match all.as_slice() {
                [one] => one.clone(),
                _ => Value::Array(all),
            }
        }
        // Everybody, in two spellings.
        Value::Object(fields) if fields.len() == 1 && fields.get("AWS") == Some(&json!("*")) => json!("*"),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), normal(value))).collect(),
        // `"true"` and `true` are the same condition.
        Value::Bool(value) => Value::String(value.to_string()),
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_merged_by_their_sid_and_nothing_else_changes() {
        let theirs = json!({"Sid": "Theirs", "Effect": "Allow"});
        let nameless = json!({"Effect": "Deny"});
        let old = json!({"Sid": "Ours", "Effect": "Allow", "Action": "s3:GetObject"});
        let new = json!({"Sid": "Ours", "Effect": "Allow", "Action": ["s3:PutObject"]});
        let policy = json!({"Version": "2008-10-17", "Id": "kept", "Statement": [theirs, old, nameless]});
        let merged = merged(Some(&policy), std::slice::from_ref(&new));
        assert_eq!(
            merged,
            json!({"Version": "2008-10-17", "Id": "kept", "Statement": [theirs, new, nameless]})
        );
        assert!(holds(Some(&merged), std::slice::from_ref(&new)) && !holds(Some(&policy), &[new]));
        let rest = without(&merged, &["Ours"]).unwrap();
        assert_eq!(rest["Statement"], json!([theirs, nameless]));
        assert_eq!(without(&json!({"Statement": theirs}), &["Theirs"]), None);
    }

    #[test]
    fn the_same_in_other_words_is_the_same() {
        let left = json!({"Action": ["a", "b"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}});
        let right = json!({"Action": ["b", "a"], "Condition": {"Bool": {"aws:SecureTransport": [false]}}});
        assert!(is_same(&left, &right));
        assert!(!is_same(&left, &json!({"Action": ["a"]})));
    }
}
