-- title: S3 requests by key
-- description: Counts the requests for each object, with how often it was read, refused or not found, and by how many.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
-- param: prefix text = NULL -- Only keys that begin so
--
-- Suspicious: an object that is suddenly read by many addresses, a key that does not exist and is asked for all the
-- time, an object that should be private and is read without a signature.

SELECT bucket,
       key,
       count(*) AS requests,
       count(*) FILTER (WHERE http_status < 400) AS succeeded,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       count(*) FILTER (WHERE http_status = 404) AS not_found,
       count(*) FILTER (WHERE principal IS NULL) AS unsigned,
       sum(bytes_sent) AS bytes_sent,
       max(object_size) AS object_size,
       count(DISTINCT principal) AS principals,
       count(DISTINCT remote_ip) AS remote_ips,
       array_to_string(array_sort(array_agg(DISTINCT operation)), ', ') AS operations,
       min(request_time) AS first_request,
       max(request_time) AS last_request
FROM s3_access
WHERE key IS NOT NULL
  AND ($prefix IS NULL OR starts_with(key, $prefix))
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY bucket, key
ORDER BY requests DESC, bucket, key
