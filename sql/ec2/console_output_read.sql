-- title: Console output and screenshots taken
-- description: Lists who read what instances print when they start, or took a picture of their screen, of how many instances.
-- severity: low
-- mitre: T1580, T1113
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which reads are counted together
--
-- The output of the start can hold host keys, addresses and secrets that scripts print.
-- Expected: somebody who looks why one instance does not start. Suspicious: many instances, several regions, refusals.

WITH reads AS (
  SELECT *,
         coalesce(request_parameters->>'instanceId',
                  request_parameters->'GetConsoleScreenshotRequest'->>'InstanceId') AS instance_id
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('GetConsoleOutput', 'GetConsoleScreenshot')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT min(event_time) AS first_read,
       max(event_time) AS last_read,
       account_id,
       array_to_string(array_sort(array_agg(DISTINCT aws_region)), ', ') AS regions,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       count(*) AS calls,
       count(DISTINCT instance_id) AS instances,
       count(*) FILTER (WHERE outcome = 'success') AS answered,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       array_to_string(array_sort(array_agg(DISTINCT instance_id)), ', ') AS instance_ids,
       array_to_string(array_sort(array_agg(DISTINCT error_code)), ', ') AS error_codes,
       min(event_id) AS an_event_id
FROM reads
GROUP BY date_bin($window, event_time), account_id, principal, session_name, source_ip, access_key_id, event_name
ORDER BY first_read DESC, principal, session_name, source_ip, access_key_id, event_name
