-- title: Secrets read
-- description: Lists who fetched, or tried to fetch, the value of a secret from Secrets Manager.
-- severity: medium
-- mitre: T1555.006
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- One row for each call; a batch call is recorded again for each secret it gave out, with GetSecretValue.
-- Expected: applications by their own role, rotation functions, some people. Suspicious: a person or key that never
-- read this secret, an address outside, many secrets at once (secret_read_bursts).
-- Who read a secret knows it: rotate it.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       user_agent_tool(user_agent) AS tool,
       coalesce(request_parameters->>'secretId', request_parameters->>'secretIdList',
                request_parameters->>'filters', resource_arns[1]) AS secret,
       request_parameters->>'versionStage' AS version_stage,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'secretsmanager.amazonaws.com'
  AND event_name IN ('GetSecretValue', 'BatchGetSecretValue')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
