-- title: Instance profiles changed
-- description: Lists who made instance profiles, and who put which role into one, so that a server can act with it.
-- severity: low
-- mitre: T1098.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Who may run a server with a profile has the rights of the role in it.
-- Expected: infrastructure code; the console makes a profile with each role for EC2. Suspicious: an administrator's
-- role put into a profile, the role of a running server replaced by a stronger one.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'instanceProfileName',
                regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1])
         AS instance_profile,
       request_parameters->>'roleName' AS role,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'iam.amazonaws.com'
  AND event_name IN ('CreateInstanceProfile', 'DeleteInstanceProfile', 'AddRoleToInstanceProfile',
                     'RemoveRoleFromInstanceProfile')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
