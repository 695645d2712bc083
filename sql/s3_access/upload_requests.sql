-- title: S3 writes
-- description: Lists every request that put, posted or copied something into a bucket or changed its settings, refused ones too.
-- severity: low
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- REST.PUT.OBJECT and the parts of multipart uploads are data; REST.PUT.ACL, REST.PUT.BUCKETPOLICY and the like are
-- settings.
-- Expected: your programs, and AWS services that deliver logs (svc:...).
-- Suspicious: objects of a web site or of a deployment overwritten, settings changed, many objects overwritten with
-- new sizes (ransom), uploads nobody signed.

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
WHERE (operation LIKE 'REST.PUT.%' OR operation LIKE 'REST.POST.%' OR operation LIKE 'REST.COPY.%')
  AND operation NOT IN ('REST.POST.MULTI_OBJECT_DELETE', 'REST.COPY.OBJECT_GET', 'REST.COPY.PART_GET')
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
ORDER BY request_time DESC, request_id, key
