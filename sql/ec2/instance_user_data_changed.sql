-- title: Instance user data changed
-- description: Lists every attempt to change the script that an instance runs when it starts, with the stop before and the start after it.
-- severity: high
-- mitre: T1059.009, T1578, T1525
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- User data can only be changed while the instance is stopped and runs as root at the next start: stop, change, start
-- is a way into a machine without any password.
-- stopped_at and started_at are the last stop before and the first start after the change, by whomever, within a day.
-- Expected: almost never; infrastructure code makes a new instance instead. The log does not hold the script: read it
-- with DescribeInstanceAttribute.
-- Rows without an instance are calls whose parameters the log left out: they may be something else.

WITH changes AS (
  SELECT *, coalesce(request_parameters->>'instanceId', request_parameters->>'InstanceId') AS instance_id
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('ModifyInstanceAttribute', 'ResetInstanceAttribute')
    AND (json_contains(request_parameters, 'userData')
         OR (request_parameters->>'attribute') = 'userData'
         OR (request_parameters IS NULL OR (request_parameters->>'omitted') = 'true'))
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
restarts AS (
  SELECT event_time AS at,
         event_name AS restart,
         account_id AS in_account,
         unnest(json_get_array(request_parameters, 'instancesSet', 'items'))->>'instanceId' AS instance
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('StopInstances', 'StartInstances')
    AND outcome = 'success'
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       instance_id,
       max(at) FILTER (WHERE restart = 'StopInstances' AND at <= event_time) AS stopped_at,
       min(at) FILTER (WHERE restart = 'StartInstances' AND at >= event_time) AS started_at,
       outcome,
       error_code,
       event_id
FROM changes
LEFT JOIN restarts
  ON instance = instance_id
 AND in_account = account_id
 AND at BETWEEN event_time - INTERVAL '1 day' AND event_time + INTERVAL '1 day'
GROUP BY source_file, source_index, event_time, account_id, aws_region, principal, session_name, source_ip,
         access_key_id, event_name, instance_id, outcome, error_code, event_id
ORDER BY event_time DESC, event_id
