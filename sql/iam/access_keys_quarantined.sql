-- title: Keys that AWS found in public
-- description: Lists users to whom AWS attached its quarantine policy because their key was found on the internet, and attempts to take the policy off.
-- severity: critical
-- mitre: T1552, T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- AWS attaches AWSCompromisedKeyQuarantine (V2, V3) when it sees a key in public code, and opens a support case. The
-- policy forbids the worst calls only: the key still works. Delete the key, then look at what it did before:
-- user_activity.
-- Expected: nothing. Suspicious: every row; worst, a Detach by somebody who is not clearing up the incident.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'userName', request_parameters->>'roleName', request_parameters->>'groupName')
         AS target,
       coalesce(request_parameters->>'policyArn', request_parameters->>'policyName') AS policy,
       CASE
         WHEN event_name LIKE 'Detach%' OR event_name LIKE 'Delete%' THEN 'lifts it'
         ELSE 'quarantines'
       END AS effect,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'iam.amazonaws.com'
  AND event_name IN ('AttachUserPolicy', 'DetachUserPolicy', 'PutUserPolicy', 'DeleteUserPolicy', 'AttachGroupPolicy',
                     'DetachGroupPolicy', 'AttachRolePolicy', 'DetachRolePolicy')
  AND request_parameters LIKE '%CompromisedKeyQuarantine%'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
