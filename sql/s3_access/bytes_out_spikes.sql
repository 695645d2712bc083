-- title: Unusually many bytes read from S3
-- description: Lists hours in which an identity read far more from S3 through one address than it ever did in an hour before.
-- severity: high
-- mitre: T1530, T1567.002
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
-- param: at_least integer = 100000000 -- The fewest bytes in an hour that are worth a row
-- param: times float = 5 -- How many times the usual an hour must be
--
-- Theft of data shows here: a key that reads megabytes a day and then gigabytes in an hour, or one that never read
-- before.
-- times_usual compares with the average of the hours before in which the identity read at all; empty: it never had.
-- Expected: a first backup, a migration, a new data job. Suspicious: all else, above all through a new address.
-- Narrowing by time narrows the rows, not what they are compared with. Next: objects_read_by.

WITH hours AS (
  SELECT date_trunc('hour', request_time) AS hour,
         bucket,
         principal,
         remote_ip,
         sum(bytes_sent) AS bytes_sent,
         count(*) AS reads,
         count(DISTINCT key) AS objects,
         array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools
  FROM s3_access
  WHERE operation IN ('REST.GET.OBJECT', 'WEBSITE.GET.OBJECT')
    AND http_status IN (200, 206)
    AND ($bucket IS NULL OR bucket = $bucket)
  GROUP BY date_trunc('hour', request_time), bucket, principal, remote_ip
),
compared AS (
  -- An address new for an identity is compared with what the identity did from elsewhere.
  SELECT *,
         avg(bytes_sent) OVER (PARTITION BY bucket, principal ORDER BY hour RANGE BETWEEN UNBOUNDED PRECEDING
                               AND INTERVAL '1 hour' PRECEDING) AS usual
  FROM hours
)
SELECT hour,
       bucket,
       principal,
       remote_ip,
       objects,
       reads,
       bytes_sent,
       CAST(round(usual) AS BIGINT) AS usual_bytes_an_hour,
       round(bytes_sent / nullif(usual, 0), 1) AS times_usual,
       tools
FROM compared
WHERE bytes_sent >= $at_least
  AND (usual IS NULL OR bytes_sent >= $times * usual)
  AND ($since IS NULL OR hour >= date_trunc('hour', $since))
  AND ($until IS NULL OR hour < $until)
ORDER BY hour DESC, bytes_sent DESC, bucket, principal NULLS FIRST, remote_ip
