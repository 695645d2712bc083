-- title: S3 looks at objects and settings
-- description: Counts who looked at objects without reading them, and at the settings of buckets: access lists, policies, encryption, logging.
-- severity: low
-- mitre: T1619
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- Whoever prepares a theft first asks what is there and what is allowed.
-- Expected: the console, AWS Config, security scanners, sync programs (HEAD before GET).
-- Suspicious: a requester who asks for many settings of many buckets, or for policies and access lists and is
-- refused.

SELECT bucket,
       principal,
       remote_ip,
       operation,
       count(*) AS requests,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       count(*) FILTER (WHERE http_status >= 400 AND http_status NOT IN (401, 403)) AS errors,
       count(DISTINCT key) AS keys,
       min(request_time) AS first_request,
       max(request_time) AS last_request,
       min(user_agent) AS user_agent
FROM s3_access
WHERE (operation LIKE '%.HEAD.%'
       OR (operation LIKE 'REST.GET.%'
           AND operation NOT IN ('REST.GET.OBJECT', 'REST.GET.BUCKET', 'REST.GET.BUCKETVERSIONS', 'REST.GET.OBJECT_TORRENT',
                                 'REST.GET.UPLOAD', 'REST.GET.UPLOADS')))
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY bucket, principal, remote_ip, operation
ORDER BY requests DESC, bucket, principal NULLS FIRST, remote_ip, operation
