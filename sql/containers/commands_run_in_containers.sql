-- title: Commands run inside containers
-- description: Lists who opened a shell or ran a command inside a running container of ECS.
-- severity: medium
-- mitre: T1609, T1651
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Whoever is inside a container has its network, its secrets and, through its address for credentials, its role.
-- Expected: rare, by engineers, during an incident. Suspicious: a session that just began, several tasks, refused
-- attempts.
-- What was typed is not in CloudTrail; it is in the log group or bucket set for the cluster, if one is.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'cluster' AS cluster,
       coalesce(request_parameters->>'task', response_elements->>'taskArn') AS task,
       coalesce(request_parameters->>'container', response_elements->>'containerName') AS container,
       request_parameters->>'command' AS command,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'ecs.amazonaws.com'
  AND event_name = 'ExecuteCommand'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
