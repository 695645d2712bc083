-- title: All S3 requests
-- description: Lists every request in the S3 access logs, the latest first, with who asked, from where, for what, and how it ended.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
-- param: requester text = NULL -- Only requests by this ARN or canonical id
-- param: address text = NULL -- Only requests from this address
-- param: prefix text = NULL -- Only keys that begin so
--
-- Access logs are delivered on a best-effort basis, often hours late: a request that is missing was not necessarily
-- not made.
-- requester is empty where nobody signed the request, a canonical id for a root user or another account, svc:... for
-- AWS.
-- Next: objects_read_by for the exact list of what one requester took.

SELECT request_time,
       bucket,
       requester,
       remote_ip,
       operation,
       key,
       version_id,
       http_status,
       error_code,
       bytes_sent,
       object_size,
       user_agent,
       request_id
FROM s3_access
WHERE ($requester IS NULL OR requester = $requester OR principal = $requester)
  AND ($address IS NULL OR remote_ip = $address)
  AND ($prefix IS NULL OR starts_with(key, $prefix))
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
ORDER BY request_time DESC, request_id, operation, key
