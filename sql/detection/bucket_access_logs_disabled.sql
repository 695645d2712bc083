-- title: S3 access logging switched off
-- description: Lists attempts to switch off the access log of a bucket, which shows who read which object, or to send it elsewhere.
-- severity: medium
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: all boolean = false -- Whether calls that set a target are listed too
--
-- Without it, and without data events, nobody can tell which objects were taken.
-- Expected: a bucket that is about to be deleted. Suspicious: a bucket with data in it, followed by many reads.
-- A call that sets a target is listed only with all set to true: it is how logging is switched on.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'bucketName' AS bucket,
       request_parameters->'BucketLoggingStatus'->'LoggingEnabled'->>'TargetBucket' AS target_bucket,
       request_parameters->'BucketLoggingStatus'->'LoggingEnabled'->>'TargetPrefix' AS target_prefix,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND event_name = 'PutBucketLogging'
  AND ($all OR (request_parameters->'BucketLoggingStatus'->'LoggingEnabled'->>'TargetBucket') IS NULL)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
