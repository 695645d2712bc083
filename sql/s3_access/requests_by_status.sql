-- title: S3 requests by HTTP status
-- description: Counts the S3 requests that ended with each HTTP status, by bucket.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- 2xx worked, 3xx was redirected or not changed, 4xx is the caller's fault (403: refused), 5xx is S3's.
-- Suspicious: a bucket whose share of 403 or 404 rises.

SELECT bucket,
       http_status,
       count(*) AS requests,
       round(100.0 * count(*) / sum(count(*)) OVER (PARTITION BY bucket), 1) AS percent_of_bucket,
       count(DISTINCT principal) AS principals,
       count(DISTINCT remote_ip) AS remote_ips,
       array_to_string(array_sort(array_agg(DISTINCT error_code)), ', ') AS error_codes,
       min(request_time) AS first_request,
       max(request_time) AS last_request
FROM s3_access
WHERE ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY bucket, http_status
ORDER BY requests DESC, bucket, http_status
