-- title: Trails that record less than before
-- description: Lists changes of a CloudTrail trail that switch off regions, global services, validation or the organization, or that alter where the log goes and how it is encrypted.
-- severity: high
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The trail goes on, so nothing looks broken; it is blind where somebody made it so. What each row alters is in
-- weakens.
-- Expected: infrastructure code that sends all settings again, so that bucket and key are named though they stay.
-- Suspicious: validation off, one region instead of all, a bucket in another account, a key that your readers cannot
-- use.
-- A row that says not recorded may be anything: the call was refused, or made too large to record.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'name' AS trail,
       concat_ws(', ',
         CASE WHEN (request_parameters->>'isMultiRegionTrail') = 'false' THEN 'other regions off' END,
         CASE WHEN (request_parameters->>'includeGlobalServiceEvents') = 'false' THEN 'global services off' END,
         CASE WHEN (request_parameters->>'enableLogFileValidation') = 'false' THEN 'validation off' END,
         CASE WHEN (request_parameters->>'isOrganizationTrail') = 'false' THEN 'organization off' END,
         CASE WHEN (request_parameters->>'s3BucketName') <> ''
           THEN 'to the bucket ' || (request_parameters->>'s3BucketName') END,
         CASE WHEN (request_parameters->>'cloudWatchLogsLogGroupArn') = '' THEN 'CloudWatch Logs off' END,
         CASE WHEN (request_parameters->>'kmsKeyId') = '' THEN 'encryption key off'
              WHEN (request_parameters->>'kmsKeyId') <> ''
           THEN 'with the key ' || (request_parameters->>'kmsKeyId') END,
         CASE WHEN request_parameters IS NULL OR (request_parameters->>'omitted') = 'true'
           THEN 'not recorded' END
       ) AS weakens,
       response_elements->>'s3BucketName' AS bucket_now,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'cloudtrail.amazonaws.com'
  AND event_name = 'UpdateTrail'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
  AND ((request_parameters->>'isMultiRegionTrail') = 'false'
       OR (request_parameters->>'includeGlobalServiceEvents') = 'false'
       OR (request_parameters->>'enableLogFileValidation') = 'false'
       OR (request_parameters->>'isOrganizationTrail') = 'false'
       OR (request_parameters->>'s3BucketName') <> ''
       OR (request_parameters->>'cloudWatchLogsLogGroupArn') = ''
       OR (request_parameters->>'kmsKeyId') IS NOT NULL
       OR request_parameters IS NULL
       OR (request_parameters->>'omitted') = 'true')
ORDER BY event_time DESC, event_id
