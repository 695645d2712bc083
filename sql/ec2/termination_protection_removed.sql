-- title: Protection against termination removed
-- description: Lists every attempt to take away what keeps an instance from being terminated or stopped by an API call.
-- severity: medium
-- mitre: T1578.003, T1485
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: infrastructure code that sets the value of every instance it makes, a planned end of life.
-- Suspicious: several instances in a row, a person at night; look for TerminateInstances after it in
-- recent_instance_state_changes.
-- Rows without an instance are calls whose parameters the log left out: they may be something else.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'instanceId' AS instance_id,
       CASE
         WHEN json_contains(request_parameters, 'disableApiTermination')
              OR (request_parameters->>'attribute') = 'disableApiTermination' THEN 'termination'
         WHEN json_contains(request_parameters, 'disableApiStop')
              OR (request_parameters->>'attribute') = 'disableApiStop' THEN 'stop'
       END AS protection,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'ec2.amazonaws.com'
  AND event_name = 'ModifyInstanceAttribute'
  AND ((request_parameters->'disableApiTermination'->>'value') = 'false'
       OR (request_parameters->'disableApiStop'->>'value') = 'false'
       OR ((request_parameters->>'attribute') IN ('disableApiTermination', 'disableApiStop')
           AND lower(request_parameters->>'value') = 'false')
       OR (request_parameters IS NULL OR (request_parameters->>'omitted') = 'true'))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
