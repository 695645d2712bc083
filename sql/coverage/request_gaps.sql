-- title: Gaps in the S3 access logs
-- description: Lists stretches of time without any request to a bucket that is otherwise used all the time.
-- severity: low
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
-- param: longest interval = '6 hours' -- The shortest stretch without requests that is a gap
-- param: times float = 5 -- How many times the usual distance of requests a gap must be
--
-- Access logs are delivered on a best-effort basis, so a gap proves nothing alone.
-- Expected: nights and weekends. Suspicious: a gap that begins with a change of the bucket's logging
-- (PutBucketLogging in CloudTrail), a gap while CloudTrail shows work on the bucket.

WITH minutes AS (
  SELECT bucket,
         date_trunc('minute', request_time) AS minute,
         min(request_time) AS first_request,
         max(request_time) AS last_request
  FROM s3_access
  WHERE request_time IS NOT NULL
    AND ($since IS NULL OR request_time >= $since)
    AND ($until IS NULL OR request_time < $until)
    AND ($bucket IS NULL OR bucket = $bucket)
  GROUP BY bucket, date_trunc('minute', request_time)
),
stretches AS (
  SELECT bucket,
         lag(last_request) OVER (PARTITION BY bucket ORDER BY minute) AS gap_begins,
         first_request AS gap_ends,
         (date_part('epoch', max(last_request) OVER (PARTITION BY bucket))
           - date_part('epoch', min(first_request) OVER (PARTITION BY bucket)))
           / nullif(count(*) OVER (PARTITION BY bucket) - 1, 0) AS usual_seconds
  FROM minutes
)
SELECT gap_begins,
       gap_ends,
       round((date_part('epoch', gap_ends) - date_part('epoch', gap_begins)) / 3600, 1) AS hours,
       bucket,
       round(usual_seconds / 3600, 2) AS usual_hours
FROM stretches
WHERE gap_ends >= gap_begins + $longest
  AND date_part('epoch', gap_ends) - date_part('epoch', gap_begins) >= $times * usual_seconds
ORDER BY gap_begins DESC, bucket
