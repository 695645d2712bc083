-- title: S3 requests by address
-- description: Counts the S3 requests of each address: how many it made, were refused, and how many bytes it got.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- The row without an address counts what AWS did itself, such as lifecycle rules.
-- Suspicious: an address with many refusals, with many bytes, without any identity, or with several identities.

SELECT remote_ip,
       ip_is_private(remote_ip) AS is_private,
       count(*) AS requests,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       count(*) FILTER (WHERE http_status >= 400 AND http_status NOT IN (401, 403)) AS errors,
       sum(bytes_sent) AS bytes_sent,
       count(DISTINCT bucket) AS buckets,
       count(DISTINCT key) AS keys,
       count(DISTINCT principal) AS principals,
       count(*) FILTER (WHERE principal IS NULL) AS unsigned,
       min(request_time) AS first_request,
       max(request_time) AS last_request
FROM s3_access
WHERE ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY remote_ip
ORDER BY requests DESC, remote_ip NULLS LAST
