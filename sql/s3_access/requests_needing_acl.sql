-- title: S3 requests that an access list allowed
-- description: Lists requests that only an access control list (ACL) allows, so that you know what breaks when ACLs are turned off.
-- severity: low
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- ACLs are the old way to share; they hide in single objects, and AWS advises to turn them off.
-- Expected: nothing in new buckets. Suspicious: another account or nobody (an empty principal) reads by an ACL.

SELECT bucket,
       principal,
       operation,
       count(*) AS requests,
       count(*) FILTER (WHERE http_status < 400) AS succeeded,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       count(DISTINCT key) AS keys,
       min(key) AS first_key,
       count(DISTINCT remote_ip) AS remote_ips,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT remote_ip)), 1, 5), ', ') AS some_remote_ips,
       min(request_time) AS first_request,
       max(request_time) AS last_request
FROM s3_access
WHERE acl_required = 'Yes'
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY bucket, principal, operation
ORDER BY requests DESC, bucket, principal NULLS FIRST, operation
