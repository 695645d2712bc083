-- title: Instance user data read
-- description: Lists who read the start scripts of instances, of how many, and how often it was refused; they often hold passwords.
-- severity: medium
-- mitre: T1552.005, T1580
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which reads are counted together
--
-- Reads by one identity from one address are counted together within a stretch of the clock.
-- Expected: infrastructure code that compares the instances it made; the console, when somebody looks at one instance.
-- Suspicious: many instances within minutes, many of them refused or not existing, an identity that does nothing else
-- with EC2.

WITH reads AS (
  SELECT *,
         request_parameters->>'instanceId' AS instance_id
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name = 'DescribeInstanceAttribute'
    AND ((request_parameters->>'attribute') = 'userData'
         OR (request_parameters IS NULL OR (request_parameters->>'omitted') = 'true'))
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
