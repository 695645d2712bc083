-- title: Changes to users, roles, groups and policies
-- description: Lists every attempt to change who may do what: users, roles, groups, policies, keys, passwords and identity providers.
-- severity: info
-- mitre: T1098
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The journal of IAM. What is dangerous in it has reports of its own in this group; read this one around a known time.
-- Expected: deployments, people who joined or left. Suspicious: changes by hand where all else is code, by a key or an
-- address new for the identity, in the minutes after a sign-in, and anything that was refused. IAM is global: its
-- events stand in us-east-1. detail is what was asked, as AWS wrote it down.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'userName', request_parameters->>'roleName', request_parameters->>'groupName',
                request_parameters->>'instanceProfileName', request_parameters->>'policyArn',
                request_parameters->>'policyName', resource_arns[1],
                regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS target,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'iam.amazonaws.com'
  AND is_write(event_name, read_only)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
