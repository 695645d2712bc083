//! Writes a plan as a CloudFormation template.
//!
//! CloudFormation sets a bucket with its notifications in one resource, so what is notified comes before the bucket.
//! What is there already belongs to no template; those steps stand as calls in the metadata.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::setup::Plan;
use crate::setup::plan::Call;
use crate::setup::terraform::command;

/// The resources in the order they are made, each waiting for the one before.
const ORDER: &[&str] = &[
    "Key",
    "KeyAlias",
    "DeadLetters",
    "DeadLettersPolicy",
    "Queue",
    "QueuePolicy",
    "Topic",
    "TopicPolicy",
    "Subscription",
    "Bucket",
    "BucketPolicy",
    "Rule",
    "Trail",
    "Role",
];

/// The plan as a template.
pub fn template(plan: &Plan) -> Value {
    let mut resources: Map<String, Value> = Map::new();
    let mut by_hand = Vec::new();
    for step in plan.steps.iter().filter(|step| !step.is_done()) {
        for call in &step.calls {
            let made = if step.merges { None } else { place(&mut resources, step.name, call) };
            let Some(names) = made else {
                by_hand.push(command(step, call));
                continue;
            };
            for name in names {
                let Some(resource) = resources.get_mut(*name) else { continue };
                let mut done = resource["Metadata"]["Trailql"].as_array().cloned().unwrap_or_default();
                done.push(json!(format!("{}: {}", step.name, call.operation.name)));
                resource["Metadata"] = json!({"Trailql": done});
            }
        }
    }
    let mut last: Option<&str> = None;
    for name in ORDER {
        let Some(resource) = resources.get_mut(*name) else { continue };
        // A reference says as much.
        let refers =
            |last: &str| resource["Properties"].to_string().contains(&json!({"Ref": last}).to_string());
        if let Some(last) = last.filter(|last| !refers(last)) {
            resource["DependsOn"] = json!(last);
        }
        last = Some(name);
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "CloudTrail and S3 access logs for trailql, made by trailql setup",
        "Metadata": {"TrailqlByHand": by_hand},
        "Resources": resources,
    })
}

/// Puts what a call says into the template; the names of the resources it went to, or none if it has no place there.
fn place(resources: &mut Map<String, Value>, step: &str, call: &Call) -> Option<&'static [&'static str]> {
    let input = &call.input;
    let (name, property, value): (&'static [&'static str], &str, Value) = match call.operation.name {
        "PutBucketTagging" => (&["Bucket"], "Tags", input["Tagging"]["TagSet"].clone()),
        "PutPublicAccessBlock" => {
            let block = input["PublicAccessBlockConfiguration"].clone();
            (&["Bucket"], "PublicAccessBlockConfiguration", block)
        }
        "PutBucketEncryption" => (&["Bucket"], "BucketEncryption", encryption(input)),
        "PutBucketVersioning" => {
            (&["Bucket"], "VersioningConfiguration", input["VersioningConfiguration"].clone())
        }
        "PutBucketLifecycleConfiguration" => (&["Bucket"], "LifecycleConfiguration", lifecycle(input)),
        "PutBucketNotificationConfiguration" => {
            (&["Bucket"], "NotificationConfiguration", notification(input))
        }
        "EnableKeyRotation" => (&["Key"], "EnableKeyRotation", json!(true)),
        "PutEventSelectors" => {
            (&["Trail"], "AdvancedEventSelectors", input["AdvancedEventSelectors"].clone())
        }
        "StartLogging" => (&["Trail"], "IsLogging", json!(true)),
        "PutTargets" => (&["Rule"], "Targets", input["Targets"].clone()),
        "PutRolePolicy" => {
            let policy = json!({
                "PolicyName": input["PolicyName"], "PolicyDocument": document(&input["PolicyDocument"]),
            });
            (&["Role"], "Policies", json!([policy]))
        }
        _ => return create(resources, step, call),
    };
    let resource = name.first().and_then(|name| resources.get_mut(*name))?;
    resource["Properties"][property] = value;
    Some(name)
}

/// Adds the resource that a call makes.
fn create(resources: &mut Map<String, Value>, step: &str, call: &Call) -> Option<&'static [&'static str]> {
    let input = &call.input;
    let mut add = |name: &str, kind: &str, properties: Value| insert(resources, name, kind, properties);
    Some(match call.operation.name {
        "CreateKey" => {
            let tags = tags(&input["Tags"]);
            let policy = document(&input["Policy"]);
            let key = json!({"Description": input["Description"], "KeyPolicy": policy, "Tags": tags});
            add("Key", "AWS::KMS::Key", key);
            &["Key"]
        }
        "CreateAlias" => {
            let alias = json!({"AliasName": input["AliasName"], "TargetKeyId": {"Ref": "Key"}});
            add("KeyAlias", "AWS::KMS::Alias", alias);
            &["KeyAlias"]
        }
        "CreateBucket" => {
            add("Bucket", "AWS::S3::Bucket", json!({"BucketName": input["Bucket"]}));
            &["Bucket"]
        }
        "PutBucketPolicy" => {
            let policy = json!({"Bucket": input["Bucket"], "PolicyDocument": document(&input["Policy"])});
            add("BucketPolicy", "AWS::S3::BucketPolicy", policy);
            &["BucketPolicy"]
        }
        "CreateQueue" => {
            let (name, policy, both): (_, _, &'static [&'static str]) = match step {
                "dead-letters" => ("DeadLetters", "DeadLettersPolicy", &["DeadLetters", "DeadLettersPolicy"]),
                _ => ("Queue", "QueuePolicy", &["Queue", "QueuePolicy"]),
            };
            add(name, "AWS::SQS::Queue", queue(input));
            let document = document(&input["Attributes"]["Policy"]);
            add(
                policy,
                "AWS::SQS::QueuePolicy",
                json!({"Queues": [{"Ref": name}], "PolicyDocument": document}),
            );
            both
        }
        _ => return create_beside(resources, call),
    })
}

/// Adds the resource of a call that is about no bucket, key or queue.
fn create_beside(resources: &mut Map<String, Value>, call: &Call) -> Option<&'static [&'static str]> {
    let input = &call.input;
    let mut add = |name: &str, kind: &str, properties: Value| insert(resources, name, kind, properties);
    Some(match call.operation.name {
        "CreateTopic" => {
            add("Topic", "AWS::SNS::Topic", json!({"TopicName": input["Name"], "Tags": input["Tags"]}));
            let document = document(&input["Attributes"]["Policy"]);
            let policy = json!({"Topics": [{"Ref": "Topic"}], "PolicyDocument": document});
            add("TopicPolicy", "AWS::SNS::TopicPolicy", policy);
            &["Topic", "TopicPolicy"]
        }
        "Subscribe" => {
            let subscription = json!({
                "TopicArn": input["TopicArn"], "Protocol": input["Protocol"], "Endpoint": input["Endpoint"],
                "RawMessageDelivery": true,
            });
            add("Subscription", "AWS::SNS::Subscription", subscription);
            &["Subscription"]
        }
        "PutRule" => {
            let rule = json!({
                "Name": input["Name"], "Description": input["Description"], "State": input["State"],
                "EventPattern": document(&input["EventPattern"]),
            });
            add("Rule", "AWS::Events::Rule", rule);
            &["Rule"]
        }
        "CreateTrail" => {
            add("Trail", "AWS::CloudTrail::Trail", trail(input));
            &["Trail"]
        }
        "CreateRole" => {
            let role = json!({
                "RoleName": input["RoleName"], "Description": input["Description"], "Tags": input["Tags"],
                "AssumeRolePolicyDocument": document(&input["AssumeRolePolicyDocument"]),
            });
            add("Role", "AWS::IAM::Role", role);
            &["Role"]
        }
        _ => return None,
    })
}

fn insert(resources: &mut Map<String, Value>, name: &str, kind: &str, properties: Value) {
    let mut resource = json!({"Type": kind, "Properties": properties});
    if matches!(name, "Bucket" | "Key") {
        // Logs outlive the stack, and so does what decrypts them.
        resource["DeletionPolicy"] = json!("Retain");
        resource["UpdateReplacePolicy"] = json!("Retain");
    }
    resources.insert(name.to_owned(), resource);
}

/// A document that the API takes as text.
fn document(text: &Value) -> Value {
    text.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn tags(list: &Value) -> Value {
    let tags = list.as_array().into_iter().flatten();
    tags.map(|tag| json!({"Key": tag["TagKey"], "Value": tag["TagValue"]})).collect()
}

fn encryption(input: &Value) -> Value {
    let rules = input["ServerSideEncryptionConfiguration"]["Rules"].as_array().into_iter().flatten();
    let rules: Value = rules
        .map(|rule| json!({"ServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"]}))
        .collect();
    json!({"ServerSideEncryptionConfiguration": rules})
}

fn lifecycle(input: &Value) -> Value {
    let rules = input["LifecycleConfiguration"]["Rules"].as_array().into_iter().flatten();
    let rules: Value = rules
        .map(|rule| {
            json!({
                "Id": rule["ID"], "Status": rule["Status"], "Prefix": rule["Filter"]["Prefix"],
                "ExpirationInDays": rule["Expiration"]["Days"],
                "NoncurrentVersionExpiration": rule["NoncurrentVersionExpiration"],
                "AbortIncompleteMultipartUpload": rule["AbortIncompleteMultipartUpload"],
            })
        })
        .collect();
    json!({"Rules": rules})
}

fn notification(input: &Value) -> Value {
    let told = &input["NotificationConfiguration"];
    let mut all = json!({});
    let lists = [("TopicConfigurations", "TopicArn", "Topic"), ("QueueConfigurations", "QueueArn", "Queue")];
    for (list, arn, name) in lists {
        let entries = told[list].as_array().into_iter().flatten();
        let entries: Vec<Value> = entries
            .map(|entry| {
                let rules = &entry["Filter"]["Key"]["FilterRules"];
                json!({name: entry[arn], "Event": entry["Events"][0], "Filter": {"S3Key": {"Rules": rules}}})
            })
            .collect();
        if !entries.is_empty() {
            all[list] = json!(entries);
        }
    }
    if told["EventBridgeConfiguration"].is_object() {
        all["EventBridgeConfiguration"] = json!({"EventBridgeEnabled": true});
    }
    all
}

fn queue(input: &Value) -> Value {
    let attributes = &input["Attributes"];
    let tags = input["tags"].as_object().into_iter().flatten();
    let tags: Value = tags.map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    let mut properties = json!({
        "QueueName": input["QueueName"],
        "SqsManagedSseEnabled": attributes["SqsManagedSseEnabled"] == "true",
        "Tags": tags,
    });
    for name in ["VisibilityTimeout", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds"] {
        if let Some(number) = attributes[name].as_str().and_then(|text| text.parse::<i64>().ok()) {
            properties[name] = json!(number);
        }
    }
    if attributes["RedrivePolicy"].is_string() {
        properties["RedrivePolicy"] = document(&attributes["RedrivePolicy"]);
    }
    properties
}

fn trail(input: &Value) -> Value {
    let mut properties = json!({
        "TrailName": input["Name"],
        "S3BucketName": input["S3BucketName"],
        "IncludeGlobalServiceEvents": input["IncludeGlobalServiceEvents"],
        "IsMultiRegionTrail": input["IsMultiRegionTrail"],
        "EnableLogFileValidation": input["EnableLogFileValidation"],
        "IsOrganizationTrail": input["IsOrganizationTrail"],
        "IsLogging": false,
        "Tags": input["TagsList"],
    });
    if input["KmsKeyId"].is_string() {
        properties["KMSKeyId"] = input["KmsKeyId"].clone();
    }
    properties
}
