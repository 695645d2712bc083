-- title: Bursts of S3 requests
-- description: Lists identities and addresses that made very many S3 requests within minutes, or very many that failed.
-- severity: medium
-- mitre: T1530, T1619
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
-- param: window interval = '10 minutes' -- The stretch of time in which requests are counted together
-- param: at_least integer = 1000 -- The fewest requests that are a burst
-- param: failures integer = 20 -- The fewest failed requests that are a burst
--
-- Expected: deployments, backups, data jobs; they come every day with the same name.
-- Suspicious: a person or a key that never did this, many failures, a tool new for the requester, a new address.
-- Windows lie on the clock, so a burst across a boundary is two rows.

SELECT min(request_time) AS first_request,
       max(request_time) AS last_request,
       bucket,
       principal,
       remote_ip,
       count(*) AS requests,
       count(*) FILTER (WHERE http_status >= 400) AS failures,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       count(DISTINCT key) AS keys,
       sum(bytes_sent) AS bytes_sent,
       array_to_string(array_sort(array_agg(DISTINCT operation)), ', ') AS operations,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools
FROM s3_access
WHERE operation NOT LIKE 'S3.%'
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY date_bin($window, request_time), bucket, principal, remote_ip
HAVING count(*) >= $at_least OR count(*) FILTER (WHERE http_status >= 400) >= $failures
ORDER BY first_request DESC, bucket, principal NULLS FIRST, remote_ip
