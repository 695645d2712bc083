use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// The text of every file of the door, without its white space.
fn source(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source(&path, all);
        } else if !path.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            all.extend(code.flat_map(|line| line.chars()).filter(|letter| !letter.is_whitespace()));
        }
    }
}

fn snake(name: &str) -> String {
    let letters: Vec<char> = name.replace("AWS", "Aws").chars().collect();
    let mut snake = String::new();
    for (place, letter) in letters.iter().enumerate() {
        if letter.is_ascii_uppercase() && place > 0 {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// What the code asks of a client: the methods that follow its name.
fn asked() -> BTreeSet<(String, String)> {
    let mut text = String::new();
    source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/setup"), &mut text);
    let mut asked = BTreeSet::new();
    for service in OPERATIONS.iter().map(|operation| operation.service).collect::<BTreeSet<_>>() {
        for (at, found) in text.match_indices(&format!("{service}.")) {
            let own = text[..at]
                .chars()
                .next_back()
                .is_none_or(|letter| !letter.is_alphanumeric() && letter != '_');
            let rest = &text[at + found.len()..];
            let end = rest.find(|letter: char| !letter.is_ascii_lowercase() && letter != '_').unwrap();
            if own && rest[end..].starts_with("()") {
                asked.insert((service.to_owned(), rest[..end].to_owned()));
            }
        }
    }
    asked
}

#[test]
fn what_the_code_asks_is_what_the_list_names() {
    let named: BTreeSet<(String, String)> =
        OPERATIONS.iter().map(|operation| (operation.service.to_owned(), snake(operation.name))).collect();
    assert_eq!(asked(), named);
}

#[test]
fn every_operation_is_allowed_and_nothing_else() {
    let all = policy(&Wanted::default(), None, &[By::Doctor, By::Setup, By::Undo]);
    let granted: BTreeSet<String> = all["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|statement| statement["Action"].as_array().unwrap())
        .map(|action| action.as_str().unwrap().to_owned())
        .collect();
    let needed: BTreeSet<String> = OPERATIONS
        .iter()
        .flat_map(|operation| operation.actions)
        .map(|action| (*action).to_owned())
        .collect();
    assert_eq!(granted, needed);
    assert!(granted.iter().all(|action| !action.contains('*')), "no wildcards: {granted:?}");
}

#[test]
fn what_doctor_needs_changes_nothing() {
    let reads = policy(&Wanted::default(), None, &[By::Doctor]);
    for statement in reads["Statement"].as_array().unwrap() {
        for action in statement["Action"].as_array().unwrap() {
            let (_, name) = action.as_str().unwrap().split_once(':').unwrap();
            assert!(["Get", "List", "Describe"].iter().any(|verb| name.starts_with(verb)), "{name}");
        }
    }
}

#[test]
fn only_what_setup_names_can_be_changed() {
    let changes = policy(&Wanted::default(), None, &[By::Setup, By::Undo]);
    for statement in changes["Statement"].as_array().unwrap() {
        let any = statement["Resource"] == "*";
        // What has no resource before it is made, and what has none at all.
        let known = [
            "iam:CreateServiceLinkedRole",
            "kms:CreateKey",
            "kms:ListKeys",
            "kms:TagResource",
            "organizations:EnableAWSServiceAccess",
        ];
        let actions = &statement["Action"];
        assert!(!any || *actions == json!(known) || *actions == json!(["sns:Unsubscribe"]), "{statement}");
    }
}

#[test]
fn regions_tell_their_partition() {
    let of = |region| policy(&Wanted::default(), Some(region), &[By::Undo]).to_string();
    assert!(of("cn-north-1").contains("arn:aws-cn:s3:::trailql-*"));
    assert!(of("us-gov-west-1").contains("arn:aws-us-gov:sqs"));
    assert!(of("eu-central-1").contains("arn:aws:sqs"));
}
