-- title: Security groups of instances replaced
-- description: Lists every attempt to put an instance or a network interface into other security groups, which opens it without changing any rule.
-- severity: medium
-- mitre: T1562.007
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- groups are all the groups that hold after the call. Expected: infrastructure code, quarantine by your own responders
-- (an empty isolation group).
-- Suspicious: an instance moved into a group that is open; look it up in recent_security_group_changes.
-- Rows without groups are calls whose parameters the log left out: they may be something else.

WITH calls AS (
  SELECT *,
         replace(array_to_string(json_get_array(request_parameters, 'groupSet', 'items'), ', '), '"', '') AS groups
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('ModifyInstanceAttribute', 'ModifyNetworkInterfaceAttribute')
    AND (json_contains(request_parameters, 'groupSet')
         OR (request_parameters->>'attribute') = 'groupSet'
         OR (request_parameters IS NULL OR (request_parameters->>'omitted') = 'true'))
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'instanceId', request_parameters->>'networkInterfaceId') AS moved,
       -- Only the values: {"groupId":"sg-1"} is sg-1.
       nullif(regexp_replace(groups, '\{groupId:\s*|\}', '', 'g'), '') AS groups,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
