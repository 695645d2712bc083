-- title: What S3 lifecycle rules did
-- description: Lists the objects that S3 itself expired, hid behind a delete marker or moved to another storage class, as lifecycle rules told it.
-- severity: low
-- mitre: T1485
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- A lifecycle rule is the quiet way to destroy a bucket: one call sets it, and AWS deletes for days without an
-- identity.
-- Expected: the rules you know. Suspicious: expiry of logs or of whole buckets soon after somebody set a rule; look
-- for PutBucketLifecycle in CloudTrail, up to 48 hours before the first row.

SELECT request_time,
       bucket,
       operation,
       CASE
         WHEN operation LIKE 'S3.EXPIRE.%' THEN 'deleted'
         WHEN operation LIKE 'S3.CREATE.DELETEMARKER' THEN 'hidden'
         WHEN operation LIKE 'S3.TRANSITION%' THEN 'moved to another storage class'
         WHEN operation LIKE 'S3.DELETE.%' THEN 'unfinished upload deleted'
         WHEN operation LIKE 'S3.RESTORE.%' THEN 'restored'
         ELSE 'other'
       END AS effect,
       key,
       version_id,
       object_size,
       http_status,
       error_code,
       request_id
FROM s3_access
WHERE operation LIKE 'S3.%'
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
ORDER BY request_time DESC, bucket, operation, key, request_id
