-- title: Changes to buckets that hold logs
-- description: Lists changes that delete, expose or age out what lies in a bucket of logs, and objects written or deleted there by anyone but the log services.
-- severity: high
-- mitre: T1562.008, T1485, T1070
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: pattern text = '(^|[-._])(cloudtrail|trail|trails|log|logs|audit)([-._]|$)' -- A regular expression for names of buckets that hold logs
--
-- A trail can be left running and its bucket emptied: with a lifecycle of one day the log deletes itself.
-- A bucket counts if a trail was pointed at it, if this lake was read from it, if its name fits pattern, or if the
-- key holds AWSLogs/.
-- Expected: the set-up of a bucket, retention of a year or more. Suspicious: expires_after_days below 90,
-- DeleteObject, a policy that lets somebody else in, versioning suspended.
-- Objects show only if a trail records data events of the bucket. Load balancers may write as another account.

WITH log_buckets AS (
  SELECT request_parameters->>'s3BucketName' AS log_bucket
  FROM cloudtrail
  WHERE event_source = 'cloudtrail.amazonaws.com' AND event_name IN ('CreateTrail', 'UpdateTrail')
  UNION
  -- The buckets this lake was read from.
  SELECT split_part(url, '/', 3) FROM sources WHERE url LIKE 's3://%'
),
calls AS (
  SELECT *,
         coalesce(request_parameters->>'bucketName', request_parameters->>'bucket') AS bucket,
         request_parameters->>'key' AS object_key
  FROM cloudtrail
  WHERE event_source = 's3.amazonaws.com'
    AND event_name IN ('PutBucketLifecycle', 'PutBucketLifecycleConfiguration', 'PutLifecycleConfiguration',
                       'DeleteBucket', 'PutBucketPolicy', 'DeleteBucketPolicy', 'PutBucketAcl', 'PutBucketVersioning',
                       'PutBucketReplication', 'PutReplicationConfiguration', 'PutBucketEncryption',
                       'PutEncryptionConfiguration', 'DeleteBucketEncryption', 'PutBucketObjectLockConfiguration',
                       'PutBucketPublicAccessBlock', 'DeleteBucketPublicAccessBlock', 'PutBucketOwnershipControls',
                       'PutObject', 'DeleteObject', 'DeleteObjects')
    -- CloudTrail, Config and the load balancers write their logs themselves.
    AND (event_name <> 'PutObject' OR principal_type IS DISTINCT FROM 'AWSService')
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
       object_key,
       log_bucket IS NOT NULL AS known_log_bucket,
       regexp_match(request_parameters->>'LifecycleConfiguration', '"Days"\s*:\s*(\d+)')[1] AS expires_after_days,
       outcome,
       error_code,
       event_id
FROM calls LEFT JOIN log_buckets ON bucket = log_bucket
WHERE log_bucket IS NOT NULL
   OR bucket ~ $pattern
   OR object_key LIKE '%AWSLogs/%'
ORDER BY event_time DESC, event_id
