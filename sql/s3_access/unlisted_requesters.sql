-- title: S3 requesters that are not on the list
-- description: Lists the identities and addresses that used a bucket and are not among those you name as allowed.
-- severity: medium
-- mitre: T1078
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
-- param: allowed text = NULL -- ARNs, account numbers and canonical ids that may use the bucket, between commas
--
-- Give allowed as ARNs, account numbers or canonical ids between commas:
-- allowed=111122223333,arn:aws:iam::444455556666:role/Audit.
-- Without it every requester is listed. The row without a principal counts requests nobody signed.
-- Suspicious: every row that nobody can explain, refused attempts too.

SELECT bucket,
       principal,
       arn_part(principal, 'account') AS principal_account,
       count(*) AS requests,
       count(*) FILTER (WHERE http_status < 400) AS succeeded,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       sum(bytes_sent) AS bytes_sent,
       count(DISTINCT key) AS keys,
       array_to_string(array_sort(array_agg(DISTINCT operation)), ', ') AS operations,
       count(DISTINCT remote_ip) AS remote_ips,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT remote_ip)), 1, 5), ', ') AS some_remote_ips,
       min(request_time) AS first_request,
       max(request_time) AS last_request
FROM s3_access
WHERE operation NOT LIKE 'S3.%'
  AND ($allowed IS NULL
       OR NOT coalesce(array_has(string_to_array($allowed, ','), principal), false)
          AND NOT coalesce(array_has(string_to_array($allowed, ','), arn_part(principal, 'account')), false)
          AND NOT coalesce(array_has(string_to_array($allowed, ','), requester), false))
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY bucket, principal
ORDER BY bucket, requests DESC, principal NULLS FIRST
