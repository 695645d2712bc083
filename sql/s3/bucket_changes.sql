-- title: Changes to S3 buckets
-- description: Lists who made, configured or deleted a bucket, whatever the setting.
-- severity: info
-- mitre: T1578, T1562
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: bucket text = NULL -- Only this bucket
--
-- setting is what the call was about, detail what was asked. The reports beside this one each read one setting.
-- Expected: infrastructure code. Suspicious: changes by hand, several settings of one bucket within minutes
-- (bucket_safeguards_removed), buckets with logs or backups.

WITH changes AS (
  SELECT *,
         coalesce(request_parameters->>'bucketName', arn_part(resource_arns[1], 'resource')) AS bucket
  FROM cloudtrail
  WHERE event_source = 's3.amazonaws.com'
    AND (event_name LIKE 'PutBucket%' OR event_name LIKE 'DeleteBucket%'
         OR event_name IN ('CreateBucket', 'PutLifecycleConfiguration', 'PutReplicationConfiguration',
                           'PutEncryptionConfiguration', 'PutAccelerateConfiguration', 'PutMetricsConfiguration',
                           'PutInventoryConfiguration', 'PutAnalyticsConfiguration',
                           'PutIntelligentTieringConfiguration', 'PutObjectLockConfiguration',
                           'PutPublicAccessBlock', 'DeletePublicAccessBlock', 'CreateBucketMetadataTableConfiguration'))
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       bucket,
       regexp_replace(event_name, '^(Put|Delete|Create)Bucket(.+)$|^(Put|Delete)(.+)$', '$2$4') AS setting,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM changes
WHERE $bucket IS NULL OR bucket = $bucket
ORDER BY event_time DESC, event_id
