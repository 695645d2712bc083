-- title: S3 requests from another region
-- description: Lists who uses a bucket from an AWS region other than the bucket's own.
-- severity: low
-- mitre: T1535
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- source_region is known only for calls from inside AWS. The bucket's region is read from the host names that are
-- called; buckets that are only ever called by a name without a region are not listed.
-- Expected: replication, jobs that you run elsewhere (and pay for). Suspicious: a region you do not use: a stranger's
-- instance, or your stolen key used from one.

WITH regions AS (
  SELECT *,
         max(regexp_match(host_header, '[.-]((?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-gov|-iso[a-z]?)?-[a-z]+-[0-9])[.]amazonaws[.]com')[1])
           OVER (PARTITION BY bucket) AS bucket_region
  FROM s3_access
  WHERE ($since IS NULL OR request_time >= $since)
    AND ($until IS NULL OR request_time < $until)
    AND ($bucket IS NULL OR bucket = $bucket)
)
SELECT bucket,
       bucket_region,
       source_region,
       principal,
       remote_ip,
       count(*) AS requests,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       count(DISTINCT key) AS keys,
       sum(bytes_sent) AS bytes_sent,
       array_to_string(array_sort(array_agg(DISTINCT operation)), ', ') AS operations,
       min(request_time) AS first_request,
       max(request_time) AS last_request
FROM regions
WHERE source_region <> bucket_region
GROUP BY bucket, bucket_region, source_region, principal, remote_ip
ORDER BY bytes_sent DESC NULLS LAST, bucket, source_region, principal NULLS FIRST, remote_ip
