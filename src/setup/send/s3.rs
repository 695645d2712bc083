//! Calls to S3.

use aws_sdk_s3::types::BucketLifecycleConfiguration;
use aws_sdk_s3::types::LifecycleRule;

use crate::error::Result;
use crate::setup::Clients;
use crate::setup::clients::refused;
use crate::setup::send::Input;
use crate::setup::send::list;
use crate::setup::send::s3_types;

pub(super) async fn send(clients: &Clients, region: &str, input: &Input) -> Result<()> {
    let s3 = clients.s3(region);
    let bucket = input.text("Bucket")?;
    let operation = input.operation;
    match operation {
        "CreateBucket" => {
            let request = s3.create_bucket().bucket(bucket);
            let request = request.set_create_bucket_configuration(s3_types::place(input));
            request.send().await.map_err(|error| refused(operation, bucket, error))?;
        }
        "PutBucketTagging" => {
            let tagging = s3_types::tagging(input)?;
            let request = s3.put_bucket_tagging().bucket(bucket).tagging(tagging);
            request.send().await.map_err(|error| refused(operation, bucket, error))?;
        }
        "PutPublicAccessBlock" => {
            let block = s3_types::block(&input.value["PublicAccessBlockConfiguration"]);
            let request = s3.put_public_access_block().bucket(bucket);
            let request = request.public_access_block_configuration(block);
            request.send().await.map_err(|error| refused(operation, bucket, error))?;
        }
        "PutBucketEncryption" => {
            let request = s3.put_bucket_encryption().bucket(bucket);
            let request = request.server_side_encryption_configuration(s3_types::encryption(input)?);
            request.send().await.map_err(|error| refused(operation, bucket, error))?;
        }
        "PutBucketVersioning" => {
            let request = s3.put_bucket_versioning().bucket(bucket);
            let request = request.versioning_configuration(s3_types::versioning(input));
            request.send().await.map_err(|error| refused(operation, bucket, error))?;
        }
        "PutBucketPolicy" => {
            let request = s3.put_bucket_policy().bucket(bucket).policy(input.text("Policy")?);
            request.send().await.map_err(|error| refused(operation, bucket, error))?;
        }
        "PutBucketLifecycleConfiguration" => lifecycle(&s3, bucket, input).await?,
        "PutBucketNotificationConfiguration" => {
            let told = s3_types::notifications(&input.value["NotificationConfiguration"])?;
            let request = s3.put_bucket_notification_configuration().bucket(bucket);
            let request = request.notification_configuration(told);
            request.send().await.map_err(|error| refused(operation, bucket, error))?;
        }
        "PutBucketLogging" => {
            let status = s3_types::logging(&input.value["BucketLoggingStatus"])?;
            let request = s3.put_bucket_logging().bucket(bucket).bucket_logging_status(status);
            request.send().await.map_err(|error| refused(operation, bucket, error))?;
        }
        _ => remove(&s3, bucket, input).await?,
    }
    Ok(())
}

/// Puts the rules that are there, as they are now, with those of setup, or without them.
async fn lifecycle(s3: &aws_sdk_s3::Client, bucket: &str, input: &Input) -> Result<()> {
    let known = s3.get_bucket_lifecycle_configuration().bucket(bucket).send().await;
    let known = match known {
        Ok(known) => Some(known),
        Err(error) => {
            use aws_sdk_s3::error::ProvideErrorMetadata;
            let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
            if code != Some("NoSuchLifecycleConfiguration") {
                return Err(refused("GetBucketLifecycleConfiguration", bucket, error));
            }
            None
        }
    };
    let smallest = known.as_ref().and_then(|known| known.transition_default_minimum_object_size.clone());
    let ours = s3_types::rules(&input.value["LifecycleConfiguration"]["Rules"])?;
    let unwanted = list(&input.value["Without"]);
    let mut rules: Vec<LifecycleRule> = known.and_then(|known| known.rules).unwrap_or_default();
    let is_replaced = |rule: &LifecycleRule| {
        ours.iter().any(|ours| ours.id() == rule.id())
            || rule.id().is_some_and(|id| unwanted.iter().any(|unwanted| unwanted == id))
    };
    rules.retain(|rule| !is_replaced(rule));
    rules.extend(ours.iter().cloned());
    let all = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build();
    let request = s3.put_bucket_lifecycle_configuration().bucket(bucket);
    let request = request.lifecycle_configuration(all.map_err(super::incomplete)?);
    let request = request.set_transition_default_minimum_object_size(smallest);
    request.send().await.map_err(|error| refused(input.operation, bucket, error))?;
    Ok(())
}

async fn remove(s3: &aws_sdk_s3::Client, bucket: &str, input: &Input) -> Result<()> {
    let operation = input.operation;
    match operation {
        "DeleteBucketPolicy" => {
            let request = s3.delete_bucket_policy().bucket(bucket);
            request.send().await.map_err(|error| refused(operation, bucket, error))?;
        }
        "DeleteBucketLifecycle" => {
            let request = s3.delete_bucket_lifecycle().bucket(bucket);
            request.send().await.map_err(|error| refused(operation, bucket, error))?;
        }
        "DeleteBucket" => {
            let request = s3.delete_bucket().bucket(bucket);
            request.send().await.map_err(|error| refused(operation, bucket, error))?;
        }
        _ => return Err(input.unknown()),
    }
    Ok(())
}
