-- title: S3 reads
-- description: Lists every request that read from a bucket, with the key and the bytes that went out, refused ones too.
-- severity: info
-- mitre: T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- Object data, listings and settings of the bucket alike: operation tells. One object may be read in many pieces
-- (status 206).
-- Expected: your programs. Suspicious: whole prefixes within minutes, keys that nobody else reads, an address of
-- another kind.

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
WHERE (operation LIKE 'REST.GET.%' OR operation LIKE 'WEBSITE.GET.%'
       OR operation IN ('REST.COPY.OBJECT_GET', 'REST.COPY.PART_GET'))
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
ORDER BY request_time DESC, request_id, key
