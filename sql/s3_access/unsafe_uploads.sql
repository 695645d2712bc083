-- title: S3 uploads that failed or came in the clear
-- description: Lists uploads that were refused or failed, and those that travelled without encryption.
-- severity: low
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- A bucket policy that demands encryption answers 403 AccessDenied to an upload without it.
-- Whether an object lies encrypted at rest the access log does not tell: since 2023 every new object does.
-- Suspicious: refused uploads by a requester new for the bucket; in_clear with a signature (somebody's data can be
-- read on the way).

SELECT request_time,
       bucket,
       requester,
       remote_ip,
       operation,
       key,
       cipher_suite IS NULL AND tls_version IS NULL AND host_header IS NOT NULL AS in_clear,
       http_status,
       error_code,
       object_size,
       user_agent,
       request_id
FROM s3_access
WHERE operation IN ('REST.PUT.OBJECT', 'REST.PUT.PART', 'REST.POST.OBJECT', 'REST.POST.UPLOADS', 'REST.POST.UPLOAD',
                    'REST.COPY.OBJECT', 'REST.COPY.PART')
  AND (http_status >= 400 OR (cipher_suite IS NULL AND tls_version IS NULL AND host_header IS NOT NULL))
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
ORDER BY request_time DESC, request_id, key
