-- title: S3 listings followed by many reads
-- description: Lists who listed a bucket and then read many different objects of it within the hour, as one does who takes everything.
-- severity: high
-- mitre: T1619, T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
-- param: window interval = '1 hour' -- How long after a listing reads count as following it
-- param: at_least integer = 20 -- The fewest objects that are many
--
-- Expected: sync and backup programs, data jobs; they do so at fixed times from fixed addresses.
-- Suspicious: a requester or an address new for the bucket, a whole prefix in order, a first listing ever.
-- A listing of many pages counts once for each stretch of time.

WITH calls AS (
  SELECT request_time, bucket, principal, requester, remote_ip, operation, key, http_status, bytes_sent, user_agent,
         max(CASE WHEN operation <> 'REST.GET.OBJECT' AND http_status = 200 THEN request_time END)
           OVER (PARTITION BY bucket, requester, remote_ip ORDER BY request_time) AS listed_at
  FROM s3_access
  WHERE operation IN ('REST.GET.BUCKET', 'REST.GET.BUCKETVERSIONS', 'REST.GET.OBJECT')
    AND ($since IS NULL OR request_time >= $since)
    AND ($until IS NULL OR request_time < $until)
    AND ($bucket IS NULL OR bucket = $bucket)
)
SELECT min(listed_at) AS listed_at,
       min(request_time) AS first_read,
       max(request_time) AS last_read,
       bucket,
       requester,
       remote_ip,
       count(DISTINCT key) FILTER (WHERE http_status IN (200, 206)) AS objects_read,
       sum(bytes_sent) FILTER (WHERE http_status IN (200, 206)) AS bytes_sent,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       min(key) AS first_key,
       max(key) AS last_key,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools
FROM calls
WHERE operation = 'REST.GET.OBJECT'
  AND request_time <= listed_at + $window
GROUP BY date_bin($window, listed_at), bucket, requester, remote_ip
HAVING count(DISTINCT key) >= $at_least
ORDER BY listed_at DESC, bucket, requester NULLS FIRST, remote_ip
