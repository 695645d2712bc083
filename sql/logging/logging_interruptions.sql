-- title: How long a trail was off
-- description: Lists each time a trail was stopped or deleted with the time it was started again, by whom, and how long nothing was recorded.
-- severity: critical
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Ask of every row what happened in that time: other trails, the organization's trail, S3 access logs and flow logs
-- may still tell.
-- Only calls that succeeded are listed, since a refused one stops nothing: those are in trail_changes. started_again
-- is empty if the trail is still off as far as the lake reaches.
-- Expected: a trail that was replaced. Suspicious: off for minutes or hours and on again, as if nothing had been.

WITH switches AS (
  SELECT *,
         -- Calls name a trail or its ARN.
         regexp_replace(request_parameters->>'name', '^arn:.*:trail/', '') AS trail
  FROM cloudtrail
  WHERE event_source = 'cloudtrail.amazonaws.com'
    AND event_name IN ('StopLogging', 'DeleteTrail', 'StartLogging', 'CreateTrail')
    AND outcome = 'success'
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
paired AS (
  SELECT *,
         min(CASE WHEN event_name = 'StartLogging' THEN event_time END)
           OVER (PARTITION BY account_id, trail ORDER BY event_time
                 ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS started_again
  FROM switches
)
SELECT event_time AS stopped,
       started_again,
       round((date_part('epoch', started_again) - date_part('epoch', event_time)) / 60, 1) AS minutes_off,
       account_id,
       aws_region,
       trail,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       event_id
FROM paired
WHERE event_name IN ('StopLogging', 'DeleteTrail')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
ORDER BY stopped DESC, event_id
