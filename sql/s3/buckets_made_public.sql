-- title: Buckets and objects opened to everyone
-- description: Lists each attempt to let the whole world into a bucket or an object, through a policy or an access control list.
-- severity: high
-- mitre: T1530, T1537
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Block Public Access may still forbid what a row grants (error AccessDenied): look at public_access_blocks_removed.
-- Expected: a bucket that serves a public website. Suspicious: everything else; WRITE or FULL_CONTROL for everyone
-- always.
-- A policy or list that was not recorded (too large, or refused without parameters) is listed with public empty.

WITH grants AS (
  SELECT *,
         policy_grants_public(request_parameters) AS public
  FROM cloudtrail
  WHERE event_source = 's3.amazonaws.com'
    AND event_name IN ('PutBucketPolicy', 'PutBucketAcl', 'PutObjectAcl', 'PutObject', 'CopyObject', 'CreateBucket',
                       'CreateMultipartUpload', 'InitiateMultipartUpload', 'PutAccessPointPolicy',
                       'PutMultiRegionAccessPointPolicy')
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
       coalesce(request_parameters->>'bucketName', arn_part(resource_arns[1], 'resource')) AS bucket,
       request_parameters->>'key' AS key,
       public,
       array_to_string(policy_principals(request_parameters), ', ') AS principals,
       array_to_string(policy_actions(request_parameters), ', ') AS actions,
       outcome,
       error_code,
       event_id
FROM grants
WHERE public
   OR event_name IN ('PutBucketPolicy', 'PutBucketAcl', 'PutAccessPointPolicy')
      AND (request_parameters IS NULL OR (request_parameters->>'omitted') = 'true')
ORDER BY event_time DESC, event_id
