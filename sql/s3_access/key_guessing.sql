-- title: Guessing of S3 keys and buckets
-- description: Lists who asked for many different objects or buckets that are not there or not theirs within minutes.
-- severity: medium
-- mitre: T1619
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
-- param: window interval = '10 minutes' -- The stretch of time in which requests are counted together
-- param: at_least integer = 10 -- The fewest keys that are guessing
--
-- 404 is answered only to those who may list the bucket, 403 to all others: both are guesses if they come in numbers.
-- found counts the requests that worked in the same minutes: what the guessing brought.
-- Expected: a crawler on a web site, a program with a wrong prefix. Suspicious: names like backup.zip, .env,
-- .git/config, dump.sql.

SELECT min(request_time) AS first_request,
       max(request_time) AS last_request,
       principal,
       remote_ip,
       count(DISTINCT bucket) AS buckets,
       count(DISTINCT key) FILTER (WHERE http_status IN (403, 404)) AS keys_refused_or_missing,
       count(*) FILTER (WHERE http_status = 403) AS denied,
       count(*) FILTER (WHERE http_status = 404) AS not_found,
       count(*) FILTER (WHERE http_status < 400) AS found,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT key) FILTER (WHERE http_status IN (403, 404))), 1, 5), ', ')
         AS some_keys,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools
FROM s3_access
WHERE (operation LIKE '%.GET.%' OR operation LIKE '%.HEAD.%')
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY date_bin($window, request_time), principal, remote_ip
HAVING count(DISTINCT concat(bucket, '/', key)) FILTER (WHERE http_status IN (403, 404)) >= $at_least
ORDER BY first_request DESC, principal NULLS FIRST, remote_ip
