-- title: New S3 requesters and addresses
-- description: Lists identities, and addresses of known identities, that used a bucket for the first time, compared with all the log before.
-- severity: medium
-- mitre: T1078
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
-- param: recent interval = '7 days' -- Without since: how long before the end of the log counts as new
--
-- Without since, what appeared in the last seven days of the log is listed; with since, what appeared from then on.
-- The longer the log before, the better the answer; a bucket that is itself new has nobody who is known.
-- Expected: new colleagues, new jobs, home addresses that change. Suspicious: a new identity that reads or lists at
-- once, refusals.

WITH ends AS (
  SELECT coalesce($since, max(request_time) - $recent) AS begin
  FROM s3_access
  WHERE ($until IS NULL OR request_time < $until)
),
seen AS (
  SELECT bucket,
         principal,
         remote_ip,
         min(request_time) AS first_request,
         max(request_time) AS last_request,
         count(*) AS requests,
         count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
         sum(bytes_sent) AS bytes_sent,
         count(DISTINCT key) AS keys,
         array_to_string(array_sort(array_agg(DISTINCT operation)), ', ') AS operations,
         first_value(request_id ORDER BY request_time, request_id) AS request_id
  FROM s3_access
  WHERE operation NOT LIKE 'S3.%'
    AND ($until IS NULL OR request_time < $until)
    AND ($bucket IS NULL OR bucket = $bucket)
  GROUP BY bucket, principal, remote_ip
),
compared AS (
  SELECT *,
         min(first_request) OVER (PARTITION BY bucket) AS bucket_seen,
         min(first_request) OVER (PARTITION BY bucket, principal) AS principal_seen
  FROM seen
)
SELECT first_request,
       bucket,
       principal,
       remote_ip,
       CASE WHEN principal_seen >= ends.begin THEN 'requester' ELSE 'address' END AS what_is_new,
       requests,
       denied,
       bytes_sent,
       keys,
       operations,
       last_request,
       request_id
FROM compared
CROSS JOIN ends
WHERE first_request >= ends.begin
  AND bucket_seen < ends.begin
ORDER BY first_request DESC, bucket, principal NULLS FIRST, remote_ip
