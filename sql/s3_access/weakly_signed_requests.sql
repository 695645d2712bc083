-- title: S3 requests with an old signature or none
-- description: Lists who still signs with signature version 2, or does not sign at all.
-- severity: low
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- Signature version 2 is outdated: it does not bind a request to a region and a day as version 4 does.
-- Expected: old programs (SigV2), public buckets (none). Suspicious: SigV2 by a key whose owner uses modern programs.
-- Lines from before access logs told the signature are not listed; a browser's OPTIONS is never signed and not
-- listed.

SELECT coalesce(signature_version, 'none') AS signature,
       authentication_type,
       bucket,
       principal,
       remote_ip,
       count(*) AS requests,
       count(*) FILTER (WHERE http_status < 400) AS succeeded,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       array_to_string(array_sort(array_agg(DISTINCT operation)), ', ') AS operations,
       min(request_time) AS first_request,
       max(request_time) AS last_request,
       min(user_agent) AS user_agent
FROM s3_access
WHERE (signature_version = 'SigV2' OR (signature_version IS NULL AND host_header IS NOT NULL))
  AND operation NOT LIKE 'S3.%'
  AND operation NOT LIKE 'REST.OPTIONS.%'
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY coalesce(signature_version, 'none'), authentication_type, bucket, principal, remote_ip
ORDER BY requests DESC, signature, bucket, principal NULLS FIRST, remote_ip, authentication_type
