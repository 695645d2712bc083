-- title: Buckets deleted
-- description: Lists each attempt to delete a bucket.
-- severity: high
-- mitre: T1485
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Only an empty bucket can be deleted: BucketNotEmpty shows the wish, and what was done to the objects next is in
-- objects_deleted. The name of a deleted bucket is free for anybody in the world to take.
-- Expected: test buckets, by infrastructure code. Suspicious: buckets of logs or backups, several in a row.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'bucketName', arn_part(resource_arns[1], 'resource')) AS bucket,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND event_name = 'DeleteBucket'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
