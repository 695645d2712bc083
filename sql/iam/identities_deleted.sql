-- title: Users, groups and roles deleted
-- description: Lists every attempt to delete a user, group, role or instance profile: to lock people out, or to remove traces.
-- severity: medium
-- mitre: T1531
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Who took over an account removes those who could take it back; who leaves removes what they made.
-- Expected: leavers, infrastructure code that tears down. Suspicious: many in a row, users of people on duty, a user
-- or role that was made only hours before (somebody clears away), DeleteConflict again and again (somebody tries
-- hard).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       CASE event_name
         WHEN 'DeleteUser' THEN 'user'
         WHEN 'DeleteGroup' THEN 'group'
         WHEN 'DeleteInstanceProfile' THEN 'instance profile'
         ELSE 'role'
       END AS target_kind,
       coalesce(request_parameters->>'userName', request_parameters->>'roleName', request_parameters->>'groupName',
                request_parameters->>'instanceProfileName',
                regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS target,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'iam.amazonaws.com'
  AND event_name IN ('DeleteUser', 'DeleteGroup', 'DeleteRole', 'DeleteServiceLinkedRole', 'DeleteInstanceProfile')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
