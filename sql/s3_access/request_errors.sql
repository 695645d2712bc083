-- title: S3 errors by code
-- description: Counts the errors that S3 answered, by bucket, code and operation, with how many requesters and addresses met each.
-- severity: low
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- Expected: NoSuchKey and NoSuchLifecycleConfiguration from programs that only look.
-- Suspicious: AccessDenied from many addresses, SignatureDoesNotMatch and InvalidAccessKeyId (keys that are old or
-- tried out), NoSuchBucket (names that are guessed).

SELECT bucket,
       error_code,
       http_status,
       operation,
       count(*) AS requests,
       count(DISTINCT key) AS keys,
       count(DISTINCT principal) AS principals,
       count(DISTINCT remote_ip) AS remote_ips,
       min(request_time) AS first_request,
       max(request_time) AS last_request
FROM s3_access
WHERE error_code IS NOT NULL
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY bucket, error_code, http_status, operation
ORDER BY requests DESC, bucket, error_code, http_status, operation
