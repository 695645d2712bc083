-- title: Roles created, changed or deleted
-- description: Lists every attempt to make, alter or delete a role, and whom a new role lets in.
-- severity: low
-- mitre: T1098, T1136.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- trusted is whom a new role lets in. Changes to that of a role that exists: the report trust_policy_changes.
-- Expected: infrastructure code, roles that services make for themselves (CreateServiceLinkedRole). Suspicious: by
-- hand, a name close to one of AWS (AWSServiceRoleFor... made by CreateRole), a longer session, a role that lets in
-- another account or a person.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'roleName', response_elements->'role'->>'roleName',
                regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS role,
       policy_principals(request_parameters) AS trusted,
       request_parameters->>'permissionsBoundary' AS permissions_boundary,
       request_parameters->>'maxSessionDuration' AS session_seconds,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'iam.amazonaws.com'
  AND event_name IN ('CreateRole', 'UpdateRole', 'UpdateRoleDescription', 'DeleteRole', 'CreateServiceLinkedRole',
                     'DeleteServiceLinkedRole')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
