-- title: S3 requests by requester
-- description: Counts the S3 requests of each identity: reads, writes, deletes, refusals and bytes, with its addresses.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- The row without a principal counts requests that nobody signed.
-- Sessions are counted under their role; a canonical id is a root user or an account that S3 does not name.
-- Suspicious: a stranger's account, an identity with refusals or deletes, or with far more bytes than the others.

SELECT principal,
       count(*) AS requests,
       count(*) FILTER (WHERE operation LIKE '%.GET.%') AS gets,
       count(*) FILTER (WHERE operation LIKE '%.PUT.%' OR operation LIKE 'REST.POST.%' OR operation LIKE 'REST.COPY.%') AS writes,
       count(*) FILTER (WHERE operation LIKE '%.DELETE.%') AS deletes,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       sum(bytes_sent) AS bytes_sent,
       count(DISTINCT bucket) AS buckets,
       count(DISTINCT key) AS keys,
       count(DISTINCT requester) AS sessions,
       count(DISTINCT remote_ip) AS remote_ips,
       min(request_time) AS first_request,
       max(request_time) AS last_request
FROM s3_access
WHERE ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY principal
ORDER BY requests DESC, principal NULLS FIRST
