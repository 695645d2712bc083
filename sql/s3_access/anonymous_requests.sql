-- title: S3 requests nobody signed
-- description: Lists what was asked of S3 without any credentials, by address, and what of it was given.
-- severity: high
-- mitre: T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- A row with succeeded above zero is public data: is it meant to be? Expected: a bucket that serves a web site or
-- downloads. Suspicious: listings (REST.GET.BUCKET), writes, deletes, keys that look private. Pages of a browser ask
-- first with OPTIONS, which is never signed; that is not listed.

SELECT bucket,
       operation,
       remote_ip,
       count(*) AS requests,
       count(*) FILTER (WHERE http_status < 400) AS succeeded,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       count(DISTINCT key) AS keys,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT key) FILTER (WHERE http_status < 400)), 1, 5), ', ')
         AS some_keys_given,
       sum(bytes_sent) FILTER (WHERE http_status < 400) AS bytes_sent,
       min(request_time) AS first_request,
       max(request_time) AS last_request,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools
FROM s3_access
WHERE principal IS NULL
  AND operation NOT LIKE 'S3.%'
  AND operation NOT LIKE 'REST.OPTIONS.%'
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY bucket, operation, remote_ip
ORDER BY succeeded DESC, requests DESC, bucket, operation, remote_ip
