-- title: S3 deletes
-- description: Lists every request to delete an object, a version or a bucket setting, one row for each key, refused ones too.
-- severity: medium
-- mitre: T1485
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- A bulk delete is one REST.POST.MULTI_OBJECT_DELETE without a key, and a BATCH.DELETE.OBJECT for each key with the
-- same request_id.
-- In a versioned bucket a delete without version_id only hides the object; one with version_id destroys that version.
-- Expected: clean-up jobs. Suspicious: deletes right after reads (ransom), of versions, of logs, by a requester new
-- for the bucket.
-- What lifecycle rules deleted is in lifecycle_actions.

SELECT request_time,
       bucket,
       requester,
       remote_ip,
       operation,
       key,
       version_id,
       http_status,
       error_code,
       object_size,
       user_agent,
       request_id
FROM s3_access
WHERE (operation LIKE 'REST.DELETE.%' OR operation LIKE 'BATCH.DELETE.%' OR operation = 'REST.POST.MULTI_OBJECT_DELETE')
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
ORDER BY request_time DESC, request_id, operation, key
