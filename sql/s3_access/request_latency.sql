-- title: How long S3 requests take
-- description: Shows how long requests of each kind took, in milliseconds, with the slowest and how much of the time was S3's own.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
-- param: slower_than integer = 0 -- Only requests that took at least so many milliseconds
--
-- total counts from the first byte received to the last byte sent, turn_around only what S3 worked: a slow network or
-- client makes the first large and not the second. Percentiles are approximate.

SELECT bucket,
       operation,
       count(*) AS requests,
       CAST(approx_percentile_cont(0.5) WITHIN GROUP (ORDER BY total_time_ms) AS BIGINT) AS total_median_ms,
       CAST(approx_percentile_cont(0.99) WITHIN GROUP (ORDER BY total_time_ms) AS BIGINT) AS total_p99_ms,
       max(total_time_ms) AS total_max_ms,
       CAST(approx_percentile_cont(0.5) WITHIN GROUP (ORDER BY turn_around_time_ms) AS BIGINT) AS turn_around_median_ms,
       CAST(approx_percentile_cont(0.99) WITHIN GROUP (ORDER BY turn_around_time_ms) AS BIGINT) AS turn_around_p99_ms,
       count(*) FILTER (WHERE http_status = 503) AS slow_down_answers,
       first_value(key ORDER BY total_time_ms DESC, key) AS slowest_key,
       first_value(request_id ORDER BY total_time_ms DESC, request_id) AS slowest_request_id
FROM s3_access
WHERE total_time_ms IS NOT NULL
  AND total_time_ms >= $slower_than
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY bucket, operation
ORDER BY total_max_ms DESC, bucket, operation
