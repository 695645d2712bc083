-- title: S3 requests without modern TLS
-- description: Lists who talks to S3 in the clear or with an outdated version of TLS, for objects and for buckets.
-- severity: low
-- mitre: T1040
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- What travels over plain HTTP can be read and changed on the way; S3 no longer accepts TLS 1.0 and 1.1 nearly
-- everywhere.
-- tls is none for plain HTTP. Lines from before access logs told the TLS version are not listed.
-- Expected: web sites of S3 (they know only HTTP), old devices. Mend it with the condition aws:SecureTransport in a
-- bucket policy.

SELECT CASE WHEN tls_version IS NULL THEN 'none' ELSE tls_version END AS tls,
       bucket,
       principal,
       remote_ip,
       count(*) FILTER (WHERE key IS NOT NULL) AS object_requests,
       count(*) FILTER (WHERE key IS NULL) AS bucket_requests,
       count(*) FILTER (WHERE http_status >= 400) AS failures,
       sum(bytes_sent) AS bytes_sent,
       min(request_time) AS first_request,
       max(request_time) AS last_request,
       min(user_agent) AS user_agent
FROM s3_access
WHERE (upper(tls_version) IN ('SSLV3', 'TLSV1', 'TLSV1.0', 'TLSV1.1')
       OR (tls_version IS NULL AND cipher_suite IS NULL AND host_header IS NOT NULL))
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY CASE WHEN tls_version IS NULL THEN 'none' ELSE tls_version END, bucket, principal, remote_ip
ORDER BY tls, bucket, principal NULLS FIRST, remote_ip
