-- title: Use of presigned S3 URLs
-- description: Lists requests made with a presigned URL: a link that carries the rights of the one who signed it, for whoever has it.
-- severity: medium
-- mitre: T1550.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- Such a link works from anywhere until it expires (at most seven days), and only S3 access logs tell who followed
-- it.
-- requester signed the link; remote_ip is who used it. signed_at, lifetime_seconds and signing_key are read from the
-- link.
-- Expected: applications that hand out downloads. Suspicious: links that live for days, one link used from several
-- addresses, a link signed by a person or a role that never hands out links, 403 because it expired.

SELECT request_time,
       bucket,
       requester,
       remote_ip,
       operation,
       key,
       http_status,
       error_code,
       bytes_sent,
       TRY_CAST(regexp_replace(request_uri, '^.*X-Amz-Date=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*$',
                               '${1}-${2}-${3}T${4}:${5}:${6}Z', 'i') AS TIMESTAMP WITH TIME ZONE) AS signed_at,
       TRY_CAST(regexp_match(request_uri, 'X-Amz-Expires=(\d{1,7})', 'i')[1] AS BIGINT) AS lifetime_seconds,
       regexp_match(request_uri, '(?:X-Amz-Credential|AWSAccessKeyId)=([A-Z0-9]+)', 'i')[1] AS signing_key,
       count(*) OVER (PARTITION BY bucket, key, requester) AS uses_of_key,
       referer,
       user_agent,
       request_id
FROM s3_access
WHERE authentication_type = 'QueryString'
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
ORDER BY request_time DESC, request_id, key
