-- title: Block Public Access switched off
-- description: Lists each attempt to lift, in whole or in part, the lock that keeps a bucket or a whole account from becoming public.
-- severity: high
-- mitre: T1562, T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Block Public Access has four parts; switched_off names those that the call leaves open. A call for a whole account
-- has no bucket, and lifts the lock of every bucket in it.
-- Expected: a bucket for a public website, announced. Suspicious: followed by a policy or list for everyone
-- (buckets_made_public), the whole account, somebody who does not look after buckets.
-- Where a refused or oversized call was recorded without its parameters, switched_off is empty.

WITH blocks AS (
  SELECT *,
         CASE
           WHEN event_name LIKE 'Delete%' THEN 'everything'
           WHEN json_contains(request_parameters, 'PublicAccessBlockConfiguration') THEN concat_ws(', ',
             CASE WHEN (request_parameters->'PublicAccessBlockConfiguration'->>'BlockPublicAcls')
                       IS DISTINCT FROM 'true' THEN 'BlockPublicAcls' END,
             CASE WHEN (request_parameters->'PublicAccessBlockConfiguration'->>'IgnorePublicAcls')
                       IS DISTINCT FROM 'true' THEN 'IgnorePublicAcls' END,
             CASE WHEN (request_parameters->'PublicAccessBlockConfiguration'->>'BlockPublicPolicy')
                       IS DISTINCT FROM 'true' THEN 'BlockPublicPolicy' END,
             CASE WHEN (request_parameters->'PublicAccessBlockConfiguration'->>'RestrictPublicBuckets')
                       IS DISTINCT FROM 'true' THEN 'RestrictPublicBuckets' END)
         END AS switched_off
  FROM cloudtrail
  WHERE event_source = 's3.amazonaws.com'
    AND event_name IN ('PutBucketPublicAccessBlock', 'DeleteBucketPublicAccessBlock', 'PutPublicAccessBlock',
                       'DeletePublicAccessBlock', 'PutAccountPublicAccessBlock', 'DeleteAccountPublicAccessBlock',
                       'PutAccessPointPublicAccessBlock', 'DeleteAccessPointPublicAccessBlock')
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
       switched_off,
       outcome,
       error_code,
       event_id
FROM blocks
WHERE switched_off IS DISTINCT FROM ''
ORDER BY event_time DESC, event_id
