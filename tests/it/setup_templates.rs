//! The plan of setup as a template: valid, and the same step by step.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::account::Account;
use crate::python;
use crate::setup::EVERYTHING;

#[test]
fn templates_are_valid_and_say_what_the_plan_says() {
    let Some(account) = Account::open() else { return };
    let Some(python) = python::with_packages("cfn-lint", &["cfn-lint==1.58.0"]) else { return };
    account.boto("bucket('data')");
    for how in ["--queue", "--queue=sqs", "--queue=eventbridge"] {
        let mut arguments = EVERYTHING.to_vec();
        arguments[2] = how;
        let output = |form| {
            let text = account.done(&[&arguments[..], &["--output", form]].concat());
            (serde_json::from_str::<Value>(&text).unwrap(), text)
        };
        let (plan, _) = output("json");
        let (terraform, _) = output("terraform");
        let (cloudformation, text) = output("cloudformation");
        let file = account.folder().join("template.json");
        std::fs::write(&file, text).unwrap();
        let lint = Command::new(python.with_file_name("cfn-lint")).arg(&file).output().unwrap();
        assert!(lint.status.success(), "{}", String::from_utf8_lossy(&lint.stdout));

        let planned = planned(&plan);
        assert_eq!(told_by_cloudformation(&cloudformation), planned);
        assert_eq!(told_by_terraform(&terraform), planned);
        check_terraform(&terraform);
    }
}

/// Each step with its operations.
fn planned(plan: &Value) -> BTreeSet<(String, String)> {
    let steps = plan["steps"].as_array().unwrap().iter();
    steps
        .flat_map(|step| {
            let calls = step["calls"].as_array().unwrap().iter();
            calls.map(|call| (text(&step["step"]), text(&call["operation"])))
        })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn by_hand(list: &Value) -> impl Iterator<Item = (String, String)> {
    list.as_array().unwrap().iter().map(|call| (text(&call["step"]), text(&call["operation"])))
}

fn told_by_cloudformation(template: &Value) -> BTreeSet<(String, String)> {
    let resources = template["Resources"].as_object().unwrap().values();
    let told = resources.flat_map(|resource| resource["Metadata"]["Trailql"].as_array().unwrap());
    let told = told.map(|told| told.as_str().unwrap().split_once(": ").unwrap());
    let told = told.map(|(step, operation)| (step.to_owned(), operation.to_owned()));
    told.chain(by_hand(&template["Metadata"]["TrailqlByHand"])).collect()
}

fn told_by_terraform(template: &Value) -> BTreeSet<(String, String)> {
    let mut told: BTreeSet<(String, String)> = by_hand(&template["//"]["by_hand"]).collect();
    for (kind, label, body) in terraform_resources(template) {
        let comment = text(&body["//"]);
        let (step, operations) = comment.strip_prefix("step ").unwrap().split_once(": ").unwrap();
        for operation in operations.split(", ") {
            // What is folded into a resource comes from a step of its own.
            let step = match operation {
                "PutEventSelectors" => "selectors",
                "StartLogging" => "logging",
                _ => step,
            };
            assert!(
                told.insert((step.to_owned(), operation.to_owned())),
                "{kind}.{label}: {operation} twice"
            );
        }
    }
    told
}

fn terraform_resources(template: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    let kinds = template["resource"].as_object().unwrap().iter();
    kinds
        .flat_map(|(kind, all)| all.as_object().unwrap().iter().map(move |(label, body)| (kind, label, body)))
}

/// The resources of the provider `hashicorp/aws` that are used: what they need, and what they take besides.
const SCHEMA: &[(&str, &[&str], &[&str])] = &[
    ("aws_s3_bucket", &["bucket"], &["tags"]),
    (
        "aws_s3_bucket_public_access_block",
        &["bucket"],
        &["block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets"],
    ),
    ("aws_s3_bucket_server_side_encryption_configuration", &["bucket", "rule"], &[]),
    ("aws_s3_bucket_versioning", &["bucket", "versioning_configuration"], &[]),
    ("aws_s3_bucket_policy", &["bucket", "policy"], &[]),
    ("aws_s3_bucket_lifecycle_configuration", &["bucket", "rule"], &[]),
    ("aws_s3_bucket_notification", &["bucket"], &["topic", "queue", "lambda_function", "eventbridge"]),
    ("aws_s3_bucket_logging", &["bucket", "target_bucket", "target_prefix"], &["target_object_key_format"]),
    ("aws_sns_topic", &[], &["name", "policy", "tags"]),
    ("aws_sns_topic_subscription", &["topic_arn", "protocol", "endpoint"], &["raw_message_delivery"]),
    (
        "aws_sqs_queue",
        &[],
        &[
            "name",
            "policy",
            "redrive_policy",
            "visibility_timeout_seconds",
            "message_retention_seconds",
            "receive_wait_time_seconds",
            "sqs_managed_sse_enabled",
            "tags",
        ],
    ),
    ("aws_cloudwatch_event_rule", &[], &["name", "description", "event_pattern", "state", "tags"]),
    ("aws_cloudwatch_event_target", &["rule", "arn"], &["target_id"]),
    (
        "aws_cloudtrail",
        &["name", "s3_bucket_name"],
        &[
            "include_global_service_events",
            "is_multi_region_trail",
            "enable_log_file_validation",
            "is_organization_trail",
            "enable_logging",
            "kms_key_id",
            "advanced_event_selector",
            "tags",
        ],
    ),
    ("aws_iam_role", &["assume_role_policy"], &["name", "description", "tags"]),
    ("aws_iam_role_policy", &["role", "policy"], &["name"]),
    ("aws_kms_key", &[], &["description", "policy", "enable_key_rotation", "tags"]),
    ("aws_kms_alias", &["target_key_id"], &["name"]),
];

fn check_terraform(template: &Value) {
    let schema: BTreeMap<&str, _> =
        SCHEMA.iter().map(|(kind, needs, takes)| (*kind, (needs, takes))).collect();
    let known: BTreeSet<&str> = ["//", "terraform", "provider", "resource", "import"].into();
    assert!(template.as_object().unwrap().keys().all(|key| known.contains(key.as_str())));
    let addresses: BTreeSet<String> =
        terraform_resources(template).map(|(kind, label, _)| format!("{kind}.{label}")).collect();
    for (kind, label, body) in terraform_resources(template) {
        let (needs, takes) = schema.get(kind.as_str()).unwrap_or_else(|| panic!("no {kind}"));
        assert!(label.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_'), "{label}");
        let body = body.as_object().unwrap();
        assert!(needs.iter().all(|name| body.contains_key(*name)), "{kind}: {body:?}");
        for (name, value) in body {
            let fits = ["//", "depends_on"].contains(&name.as_str())
                || needs.contains(&name.as_str())
                || takes.contains(&name.as_str());
            assert!(fits && !value.is_null(), "{kind} takes no {name}");
        }
        for on in body.get("depends_on").and_then(Value::as_array).into_iter().flatten() {
            assert!(addresses.contains(on.as_str().unwrap()), "{on}");
        }
    }
}
