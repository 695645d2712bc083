//! Writes a plan as Terraform's JSON, for those whose accounts are changed by Terraform only.
//!
//! Each resource depends on the one before, so that Terraform keeps the order of the plan. What is there already and
//! has a resource of its own in Terraform, such as a bucket's policy, is imported; the rest stands as calls in the
//! comment at the top.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::setup::Facts;
use crate::setup::Plan;
use crate::setup::plan::Call;
use crate::setup::plan::Step;

/// A resource: its type, its label, its body, and by what it is imported.
struct Resource {
    kind: &'static str,
    label: String,
    body: Value,
    import: Option<String>,
}

/// The plan in Terraform's JSON syntax.
pub fn template(plan: &Plan, facts: &Facts) -> Value {
    let mut resources: Map<String, Value> = Map::new();
    let mut imports = Vec::new();
    let mut by_hand = Vec::new();
    let mut last: Option<String> = None;
    for step in plan.steps.iter().filter(|step| !step.is_done()) {
        for call in &step.calls {
            if fold(&mut resources, call) {
                continue;
            }
            let Some(made) = resource(step, call) else {
                by_hand.push(command(step, call));
                continue;
            };
            let mut body = escaped(&made.body);
            body["//"] = json!(format!("step {}: {}", step.name, call.operation.name));
            if let Some(last) = &last {
                body["depends_on"] = json!([last]);
            }
            let address = format!("{}.{}", made.kind, made.label);
            if let Some(id) = made.import.filter(|_| !step.before.is_null()) {
                imports.push(json!({"to": address, "id": id}));
            }
            let all = resources.entry(made.kind).or_insert_with(|| json!({}));
            all[&made.label] = body;
            last = Some(address);
        }
    }
    let mut template = json!({
        "//": {"made_by": "trailql setup", "by_hand": by_hand},
        "terraform": {
            "required_version": ">= 1.5",
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.80"}},
        },
        "provider": {"aws": {"region": facts.site.region}},
        "resource": resources,
    });
    if !imports.is_empty() {
        template["import"] = json!(imports);
    }
    template
}

/// A call as the AWS command line takes it.
pub(super) fn command(step: &Step, call: &Call) -> Value {
    json!({
        "step": step.name,
        "service": call.operation.service,
        "operation": call.operation.name,
        "region": call.region,
        "cli_input_json": call.input,
    })
}

/// Puts what a call says into the resource it belongs to, if that is in the template.
fn fold(resources: &mut Map<String, Value>, call: &Call) -> bool {
    let (kind, label) = match call.operation.name {
        "PutBucketTagging" => ("aws_s3_bucket", "logs"),
        "StartLogging" | "PutEventSelectors" => ("aws_cloudtrail", "trail"),
        "EnableKeyRotation" => ("aws_kms_key", "logs"),
        _ => return false,
    };
    let Some(body) = resources.get_mut(kind).and_then(|all| all.get_mut(label)) else { return false };
    match call.operation.name {
        "PutBucketTagging" => body["tags"] = tags(&call.input["Tagging"]["TagSet"]),
        "StartLogging" => body["enable_logging"] = json!(true),
        "EnableKeyRotation" => body["enable_key_rotation"] = json!(true),
        _ => body["advanced_event_selector"] = selectors(&call.input["AdvancedEventSelectors"]),
    }
    note(body, call.operation.name);
    true
}

/// Adds the operation to the comment of a resource.
fn note(body: &mut Value, operation: &str) {
    let known = body["//"].as_str().unwrap_or_default();
    body["//"] = json!(format!("{known}, {operation}"));
}

fn resource(step: &Step, call: &Call) -> Option<Resource> {
    let input = &call.input;
    let bucket = input["Bucket"].as_str().unwrap_or_default();
    let logs = |kind: &'static str, body: Value| Resource {
        kind,
        label: "logs".to_owned(),
        body,
        import: Some(bucket.to_owned()),
    };
    Some(match call.operation.name {
        "CreateBucket" => logs("aws_s3_bucket", json!({"bucket": bucket})),
        "PutPublicAccessBlock" => logs("aws_s3_bucket_public_access_block", block(input)),
        "PutBucketEncryption" => {
            logs("aws_s3_bucket_server_side_encryption_configuration", encryption(input))
        }
        "PutBucketVersioning" => logs(
            "aws_s3_bucket_versioning",
            json!({"bucket": bucket, "versioning_configuration": [{"status": input["VersioningConfiguration"]["Status"]}]}),
        ),
        "PutBucketPolicy" => {
            logs("aws_s3_bucket_policy", json!({"bucket": bucket, "policy": input["Policy"]}))
        }
        // Terraform's resource is all rules of the bucket, and those that are there are not known to the plan.
        "PutBucketLifecycleConfiguration" if step.note.is_none() => {
            logs("aws_s3_bucket_lifecycle_configuration", lifecycle(input))
        }
        "PutBucketNotificationConfiguration" => logs("aws_s3_bucket_notification", notification(input)),
        "PutBucketLogging" => {
            let label = format!("access_{}", bucket.replace('.', "_"));
            named("aws_s3_bucket_logging", &label, logging(input))
        }
        _ => return beside(step, call),
    })
}

/// The resource of a call that is about no bucket.
fn beside(step: &Step, call: &Call) -> Option<Resource> {
    let input = &call.input;
    Some(match call.operation.name {
        "CreateTopic" => named(
            "aws_sns_topic",
            "topic",
            json!({"name": input["Name"], "policy": input["Attributes"]["Policy"], "tags": tags(&input["Tags"])}),
        ),
        "SetTopicAttributes" => named(
            "aws_sns_topic_policy",
            "topic",
            json!({"arn": input["TopicArn"], "policy": input["AttributeValue"]}),
        ),
        "Subscribe" => named(
            "aws_sns_topic_subscription",
            "queue",
            json!({
                "topic_arn": input["TopicArn"], "protocol": input["Protocol"], "endpoint": input["Endpoint"],
                "raw_message_delivery": true,
            }),
        ),
        "CreateQueue" => named("aws_sqs_queue", step.name, queue(input)),
        "PutRule" => named("aws_cloudwatch_event_rule", "logs", rule(input)),
        "PutTargets" => {
            let target = &input["Targets"][0];
            let body = json!({"rule": input["Rule"], "target_id": target["Id"], "arn": target["Arn"]});
            named("aws_cloudwatch_event_target", "queue", body)
        }
        "CreateTrail" => named("aws_cloudtrail", "trail", trail(input)),
        "CreateRole" => named(
            "aws_iam_role",
            "reader",
            json!({
                "name": input["RoleName"], "assume_role_policy": input["AssumeRolePolicyDocument"],
                "description": input["Description"], "tags": tags(&input["Tags"]),
            }),
        ),
        "PutRolePolicy" => Resource {
            import: Some(format!("{}:{}", text(&input["RoleName"]), text(&input["PolicyName"]))),
            ..named(
                "aws_iam_role_policy",
                "reader",
                json!({"role": input["RoleName"], "name": input["PolicyName"], "policy": input["PolicyDocument"]}),
            )
        },
        "CreateKey" => named(
            "aws_kms_key",
            "logs",
            json!({"description": input["Description"], "policy": input["Policy"], "tags": tags(&input["Tags"])}),
        ),
        "CreateAlias" => {
            let known = text(&input["TargetKeyId"]);
            let key = if known.starts_with("${") { KEY } else { known };
            named("aws_kms_alias", "logs", json!({"name": input["AliasName"], "target_key_id": key}))
        }
        "PutKeyPolicy" => {
            named("aws_kms_key_policy", "logs", json!({"key_id": input["KeyId"], "policy": input["Policy"]}))
        }
        _ => return None,
    })
}

fn named(kind: &'static str, label: &str, body: Value) -> Resource {
    Resource { kind, label: label.replace('-', "_"), body, import: None }
}

/// How Terraform refers to the key that the template makes.
const KEY: &str = "${aws_kms_key.logs.key_id}";

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn each(list: &Value, made: impl Fn(&Value) -> Value) -> Value {
    list.as_array().into_iter().flatten().map(made).collect()
}

fn tags(list: &Value) -> Value {
    let pair = |tag: &Value| {
        let key = tag["Key"].as_str().or_else(|| tag["TagKey"].as_str())?;
        let value = tag["Value"].as_str().or_else(|| tag["TagValue"].as_str())?;
        Some((key.to_owned(), json!(value)))
    };
    Value::Object(list.as_array().into_iter().flatten().filter_map(pair).collect())
}

fn block(input: &Value) -> Value {
    let block = &input["PublicAccessBlockConfiguration"];
    json!({
        "bucket": input["Bucket"],
        "block_public_acls": block["BlockPublicAcls"],
        "ignore_public_acls": block["IgnorePublicAcls"],
        "block_public_policy": block["BlockPublicPolicy"],
        "restrict_public_buckets": block["RestrictPublicBuckets"],
    })
}

fn encryption(input: &Value) -> Value {
    let rules = each(&input["ServerSideEncryptionConfiguration"]["Rules"], |rule| {
        let algorithm = &rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"];
        json!({"apply_server_side_encryption_by_default": [{"sse_algorithm": algorithm}]})
    });
    json!({"bucket": input["Bucket"], "rule": rules})
}

fn lifecycle(input: &Value) -> Value {
    let rules = each(&input["LifecycleConfiguration"]["Rules"], |rule| {
        json!({
            "id": rule["ID"],
            "status": rule["Status"],
            "filter": [{"prefix": rule["Filter"]["Prefix"]}],
            "expiration": [{"days": rule["Expiration"]["Days"]}],
            "noncurrent_version_expiration":
                [{"noncurrent_days": rule["NoncurrentVersionExpiration"]["NoncurrentDays"]}],
            "abort_incomplete_multipart_upload":
                [{"days_after_initiation": rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]}],
        })
    });
    json!({"bucket": input["Bucket"], "rule": rules})
}

fn notification(input: &Value) -> Value {
    let told = &input["NotificationConfiguration"];
    let mut body = json!({"bucket": input["Bucket"]});
    let lists = [
        ("TopicConfigurations", "topic", "TopicArn", "topic_arn"),
        ("QueueConfigurations", "queue", "QueueArn", "queue_arn"),
        ("LambdaFunctionConfigurations", "lambda_function", "LambdaFunctionArn", "lambda_function_arn"),
    ];
    for (list, block, arn, name) in lists {
        let entries = each(&told[list], |entry| {
            let mut made = json!({"id": entry["Id"], name: entry[arn], "events": entry["Events"]});
            for rule in entry["Filter"]["Key"]["FilterRules"].as_array().into_iter().flatten() {
                made[format!("filter_{}", text(&rule["Name"]))] = rule["Value"].clone();
            }
            made
        });
        if entries != json!([]) {
            body[block] = entries;
        }
    }
    if told["EventBridgeConfiguration"].is_object() {
        body["eventbridge"] = json!(true);
    }
    body
}

fn logging(input: &Value) -> Value {
    let to = &input["BucketLoggingStatus"]["LoggingEnabled"];
    let source = &to["TargetObjectKeyFormat"]["PartitionedPrefix"]["PartitionDateSource"];
    json!({
        "bucket": input["Bucket"],
        "target_bucket": to["TargetBucket"],
        "target_prefix": to["TargetPrefix"],
        "target_object_key_format": [{"partitioned_prefix": [{"partition_date_source": source}]}],
    })
}

fn queue(input: &Value) -> Value {
    let attributes = &input["Attributes"];
    let number = |name: &str| attributes[name].as_str().and_then(|text| text.parse::<i64>().ok());
    let mut body = json!({
        "name": input["QueueName"],
        "policy": attributes["Policy"],
        "sqs_managed_sse_enabled": attributes["SqsManagedSseEnabled"] == "true",
        "tags": input["tags"],
    });
    let numbers = [
        ("VisibilityTimeout", "visibility_timeout_seconds"),
        ("MessageRetentionPeriod", "message_retention_seconds"),
        ("ReceiveMessageWaitTimeSeconds", "receive_wait_time_seconds"),
    ];
    for (attribute, name) in numbers {
        if let Some(number) = number(attribute) {
            body[name] = json!(number);
        }
    }
    if attributes["RedrivePolicy"].is_string() {
        body["redrive_policy"] = attributes["RedrivePolicy"].clone();
    }
    body
}

fn rule(input: &Value) -> Value {
    json!({
        "name": input["Name"], "event_pattern": input["EventPattern"], "description": input["Description"],
        "state": input["State"], "tags": tags(&input["Tags"]),
    })
}

fn trail(input: &Value) -> Value {
    let mut body = json!({
        "name": input["Name"],
        "s3_bucket_name": input["S3BucketName"],
        "include_global_service_events": input["IncludeGlobalServiceEvents"],
        "is_multi_region_trail": input["IsMultiRegionTrail"],
        "enable_log_file_validation": input["EnableLogFileValidation"],
        "is_organization_trail": input["IsOrganizationTrail"],
        "enable_logging": false,
        "tags": tags(&input["TagsList"]),
    });
    if input["KmsKeyId"].is_string() {
        // Terraform wants the key itself here, not its alias.
        body["kms_key_id"] = input["KmsKeyId"].clone();
    }
    body
}

fn selectors(list: &Value) -> Value {
    each(list, |selector| {
        let fields = each(&selector["FieldSelectors"], |field| {
            let mut made = json!({"field": field["Field"]});
            let names = [
                ("Equals", "equals"),
                ("StartsWith", "starts_with"),
                ("EndsWith", "ends_with"),
                ("NotEquals", "not_equals"),
                ("NotStartsWith", "not_starts_with"),
                ("NotEndsWith", "not_ends_with"),
            ];
            for (name, own) in names.into_iter().filter(|(name, _)| !field[*name].is_null()) {
                made[own] = field[name].clone();
            }
            made
        });
        json!({"name": selector["Name"], "field_selector": fields})
    })
}

/// Terraform takes `${` and `%{` for its own language; in policies they are AWS's.
fn escaped(value: &Value) -> Value {
    match value {
        Value::String(text) if text == KEY => value.clone(),
        Value::String(text) => json!(text.replace("${", "$${").replace("%{", "%%{")),
        Value::Array(all) => all.iter().map(escaped).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), escaped(value))).collect(),
        other => other.clone(),
    }
}
