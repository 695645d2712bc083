-- title: S3 requests by bucket and day
-- description: Counts the requests to each bucket on each day, how many worked, were redirected, refused or failed, and the bytes that went out.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- Days are those of UTC. A day that is missing may be one whose logs were not delivered: see request_gaps.
-- Suspicious: a day with far more bytes, refusals or deletes than the others.

SELECT event_date,
       bucket,
       count(*) AS requests,
       count(*) FILTER (WHERE http_status BETWEEN 200 AND 299) AS succeeded,
       count(*) FILTER (WHERE http_status BETWEEN 300 AND 399) AS redirected,
       count(*) FILTER (WHERE http_status BETWEEN 400 AND 499) AS client_errors,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       count(*) FILTER (WHERE http_status >= 500) AS server_errors,
       count(*) FILTER (WHERE operation LIKE '%.DELETE.%') AS deletes,
       sum(bytes_sent) AS bytes_sent,
       count(DISTINCT principal) AS principals,
       count(DISTINCT remote_ip) AS remote_ips
FROM s3_access
WHERE ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY event_date, bucket
ORDER BY event_date DESC NULLS LAST, bucket
