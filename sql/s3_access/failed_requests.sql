-- title: S3 requests that failed
-- description: Lists every S3 request that was refused or could not be served, with the status and the error.
-- severity: low
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- Expected: 404 from programs that look whether an object is there, 304 is no failure and not listed.
-- Suspicious: AccessDenied over many keys or buckets, an address or a requester new for the bucket, deletes that were
-- refused.
-- A grouped view: request_errors; sweeps over many keys: key_guessing.

SELECT request_time,
       bucket,
       requester,
       remote_ip,
       operation,
       key,
       http_status,
       error_code,
       CASE WHEN http_status IN (401, 403) THEN 'denied' ELSE 'error' END AS outcome,
       user_agent,
       request_uri,
       request_id
FROM s3_access
WHERE (http_status >= 400 OR (http_status IS NULL AND error_code IS NOT NULL))
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
ORDER BY request_time DESC, request_id, operation, key
