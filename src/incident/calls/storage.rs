//! Things kept: S3 buckets and objects, KMS keys, secrets.

use crate::incident::calls::Call;
use crate::incident::calls::resource;
use crate::incident::random::Random;
use serde_json::Value;
use serde_json::json;

/// The key that everything of an account and region is encrypted with.
pub(crate) fn kms_key(account: &str, region: &str) -> String {
    format!("arn:aws:kms:{region}:{account}:key/6f0d2b81-94c7-4e3a-8b15-c27e9d60a4f3")
}

/// Lists the buckets of the account.
pub(crate) fn list_buckets(region: &str, random: &mut Random) -> Call {
    let mut call = Call::read("s3", "ListBuckets", json!({ "Host": format!("s3.{region}.amazonaws.com") }));
    call.more.push(("additionalEventData", transfer(0, 1_940, random)));
    call
}

/// A question about a bucket; `aspect` is the word S3 puts into the URL for it: `acl`, `policy`, ...
pub(crate) fn about_bucket(
    name: &'static str,
    aspect: &str,
    account: &str,
    region: &str,
    bucket: &str,
    random: &mut Random,
) -> Call {
    let host = host(bucket, region);
    let mut call = Call::read("s3", name, json!({ "bucketName": bucket, "Host": host, aspect: "" }))
        .with("resources", json!([resource(account, "AWS::S3::Bucket", &format!("arn:aws:s3:::{bucket}"))]));
    call.host = Some(host);
    call.more.push(("additionalEventData", transfer(0, 552, random)));
    call
}

/// Reads an object.
pub(crate) fn get_object(account: &str, region: &str, bucket: &str, key: &str, random: &mut Random) -> Call {
    let size = 2_000 + random.below(48_000);
    let sent = transfer(0, size, random);
    object(Call::read("s3", "GetObject", Value::Null), account, region, bucket, key, sent)
}

/// Writes an object.
pub(crate) fn put_object(account: &str, region: &str, bucket: &str, key: &str, random: &mut Random) -> Call {
    let size = 2_000 + random.below(48_000);
    let mut sent = transfer(size, 0, random);
    if let Some(sent) = sent.as_object_mut() {
        sent.insert("SSEApplied".to_owned(), json!("SSE_KMS"));
    }
    object(Call::change("s3", "PutObject", Value::Null), account, region, bucket, key, sent)
}

fn object(mut call: Call, account: &str, region: &str, bucket: &str, key: &str, sent: Value) -> Call {
    let host = host(bucket, region);
    let arn = format!("arn:aws:s3:::{bucket}");
    call.request = json!({ "bucketName": bucket, "key": key, "Host": host });
    call.host = Some(host);
    call.on_data().with("additionalEventData", sent).with(
        "resources",
        json!([
            { "type": "AWS::S3::Object", "ARN": format!("{arn}/{key}") },
            resource(account, "AWS::S3::Bucket", &arn),
        ]),
    )
}

fn host(bucket: &str, region: &str) -> String {
    format!("{bucket}.s3.{region}.amazonaws.com")
}

/// What S3 adds about the connection: bytes in and out.
fn transfer(received: u32, sent: u32, random: &mut Random) -> Value {
    json!({
        "SignatureVersion": "SigV4",
        "CipherSuite": "TLS_AES_128_GCM_SHA256",
        "AuthenticationMethod": "AuthHeader",
        "bytesTransferredIn": received,
        "bytesTransferredOut": sent,
        "x-amz-id-2": random.letters(56),
    })
}

/// Opens what was encrypted; `context` says for what.
pub(crate) fn decrypt(account: &str, region: &str, context: Value) -> Call {
    let request = json!({ "encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": context });
    let key = json!([resource(account, "AWS::KMS::Key", &kms_key(account, region))]);
    Call::read("kms", "Decrypt", request).with("resources", key)
}

/// Makes a key to encrypt one thing with.
pub(crate) fn generate_data_key(account: &str, region: &str, context: Value) -> Call {
    let key = kms_key(account, region);
    let request = json!({ "keyId": key, "keySpec": "AES_256", "encryptionContext": context });
    let key = json!([resource(account, "AWS::KMS::Key", &key)]);
    Call::read("kms", "GenerateDataKey", request).with("resources", key)
}

/// The ARN of a secret.
pub(crate) fn secret_arn(account: &str, region: &str, name: &str) -> String {
    format!("arn:aws:secretsmanager:{region}:{account}:secret:{name}-Tq4LwZ")
}

/// Reads a secret.
pub(crate) fn get_secret(account: &str, region: &str, name: &str) -> Call {
    let request = json!({ "secretId": secret_arn(account, region, name) });
    Call::read("secretsmanager", "GetSecretValue", request)
}
