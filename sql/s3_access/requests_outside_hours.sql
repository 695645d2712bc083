-- title: S3 reads outside working hours
-- description: Lists who read objects at night or at the weekend, by hour, with the objects and bytes.
-- severity: low
-- mitre: T1078
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
-- param: zone text = 'UTC' -- The time zone of the office, as Europe/Berlin
-- param: day_begins integer = 7 -- The hour at which work begins
-- param: day_ends integer = 19 -- The hour at which work ends
--
-- Set zone and hours to those of your office; a day that begins at 7 and ends at 19 has the hours 7 to 18.
-- Expected: jobs and services; leave them out by looking at people and roles of people only.
-- Suspicious: a person who reads many objects at night, above all for the first time.

WITH local_reads AS (
  SELECT *, request_time AT TIME ZONE $zone AS local_time
  FROM s3_access
  WHERE operation = 'REST.GET.OBJECT'
    AND ($since IS NULL OR request_time >= $since)
    AND ($until IS NULL OR request_time < $until)
    AND ($bucket IS NULL OR bucket = $bucket)
)
SELECT to_char(date_trunc('hour', local_time), '%Y-%m-%d %H:%M') AS local_hour,
       bucket,
       requester,
       remote_ip,
       count(*) AS requests,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       count(DISTINCT key) AS objects,
       sum(bytes_sent) AS bytes_sent,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools,
       min(request_time) AS first_request,
       max(request_time) AS last_request
FROM local_reads
WHERE date_part('hour', local_time) < $day_begins
   OR date_part('hour', local_time) >= $day_ends
   OR date_part('dow', local_time) IN (0, 6)
GROUP BY date_trunc('hour', local_time), bucket, requester, remote_ip
ORDER BY local_hour DESC, bucket, requester NULLS FIRST, remote_ip
