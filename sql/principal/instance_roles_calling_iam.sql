-- title: Instances that call IAM
-- description: Lists calls to IAM, STS, Organizations and Identity Center made with the credentials of an EC2 instance.
-- severity: high
-- mitre: T1078.004, T1087.004, T1136.003, T1552.005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: reads boolean = true -- Whether calls that only read are listed
--
-- An application has no business with users, roles and policies: somebody is on the machine, or has its credentials.
-- Expected: build servers and tools that manage accounts; GetCallerIdentity and AssumeRole of ordinary agents are left
-- out. Suspicious: every write, lists of users and policies, refusals.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name AS instance_id,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       resource_arns,
       issued_access_key_id,
       user_agent,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE session_name LIKE 'i-%'
  AND regexp_like(session_name, '^i-([0-9a-fA-F]{8}|[0-9a-fA-F]{17})$')
  AND event_source IN ('iam.amazonaws.com', 'sts.amazonaws.com', 'organizations.amazonaws.com', 'sso.amazonaws.com',
                       'identitystore.amazonaws.com', 'sso-directory.amazonaws.com')
  AND event_name NOT IN ('GetCallerIdentity', 'AssumeRole')
  AND ($reads OR is_write(event_name, read_only))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
