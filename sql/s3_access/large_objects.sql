-- title: Requests for large S3 objects
-- description: Lists reads, writes and attempts on very large objects, such as backups, images and dumps.
-- severity: low
-- mitre: T1530, T1030
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
-- param: at_least integer = 100000000 -- The fewest bytes that make an object large
--
-- object_size is that of the whole object, whatever part of it was sent.
-- Expected: backups, images, data sets. Suspicious: a large upload into a public bucket, a dump that appears and is
-- fetched soon after.

SELECT request_time,
       bucket,
       requester,
       remote_ip,
       operation,
       CASE WHEN is_write(operation) THEN 'written' ELSE 'read' END AS direction,
       key,
       version_id,
       http_status,
       error_code,
       bytes_sent,
       object_size,
       user_agent,
       request_id
FROM s3_access
WHERE object_size >= $at_least
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
ORDER BY object_size DESC, request_time DESC, request_id, key
