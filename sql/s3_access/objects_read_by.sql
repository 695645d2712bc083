-- title: The objects one requester read
-- description: Lists exactly which objects and versions an identity or an address read or tried to read, how often and how many bytes: what may be lost.
-- severity: info
-- mitre: T1530
-- param: who text -- An ARN, a canonical id, a user, role or session name, an address, or anonymous
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- whole is true if at least as many bytes were sent as the object has; of large objects one may have read a part
-- only.
-- Compression and ranges can make bytes_sent differ from the size. A copy inside S3 sends no bytes out of the bucket:
-- it is listed as copied, and the copy must be looked for with upload_requests.
-- Access logs may miss requests, so the list is a least, not a most: see CloudTrail data events too, if they were on.

SELECT bucket,
       key,
       version_id,
       count(*) FILTER (WHERE http_status IN (200, 206)) AS reads,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       sum(bytes_sent) FILTER (WHERE http_status IN (200, 206)) AS bytes_sent,
       max(object_size) AS object_size,
       sum(bytes_sent) FILTER (WHERE http_status IN (200, 206)) >= max(object_size) AS whole,
       bool_or(operation LIKE 'REST.COPY.%' AND http_status = 200) AS copied,
       min(request_time) AS first_request,
       max(request_time) AS last_request,
       array_to_string(array_sort(array_agg(DISTINCT requester)), ', ') AS requesters,
       array_to_string(array_sort(array_agg(DISTINCT remote_ip)), ', ') AS remote_ips
FROM s3_access
WHERE operation IN ('REST.GET.OBJECT', 'WEBSITE.GET.OBJECT', 'REST.COPY.OBJECT_GET', 'REST.COPY.PART_GET')
  AND (requester = $who OR principal = $who OR remote_ip = $who
       OR ends_with(requester, concat('/', $who)) OR ends_with(principal, concat('/', $who))
       OR ($who = 'anonymous' AND principal IS NULL))
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY bucket, key, version_id
ORDER BY first_request, bucket, key, version_id
