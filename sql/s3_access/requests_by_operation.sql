-- title: S3 requests by operation
-- description: Counts the S3 requests of each kind, such as reading, listing, writing and deleting, by bucket.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- The first word of an operation tells the door: REST, WEBSITE, BATCH (one line for each key of a bulk delete), S3
-- (AWS itself).
-- Suspicious: deletes where there are none on other days, REST.PUT.ACL, REST.PUT.BUCKETPOLICY, REST.GET.BUCKET by
-- strangers.

SELECT bucket,
       operation,
       is_write(operation) AS is_write,
       count(*) AS requests,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       count(*) FILTER (WHERE http_status >= 400 AND http_status NOT IN (401, 403)) AS errors,
       count(DISTINCT key) AS keys,
       count(DISTINCT principal) AS principals,
       sum(bytes_sent) AS bytes_sent,
       min(request_time) AS first_request,
       max(request_time) AS last_request
FROM s3_access
WHERE ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY bucket, operation
ORDER BY requests DESC, bucket, operation
