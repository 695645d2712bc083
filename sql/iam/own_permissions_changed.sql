-- title: Identities that changed their own rights
-- description: Lists users and roles that granted rights to themselves, or took off a limit of their own.
-- severity: high
-- mitre: T1098, T1098.003, T1548.005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The shortest path from a stolen key to an administrator: hardly anybody has to do this in daily work.
-- Expected: an administrator who sets up their own user; infrastructure code whose role manages itself. Suspicious:
-- every other row; a refused attempt tells that somebody tries.

WITH changes AS (
  SELECT *,
         coalesce(request_parameters->>'userName', request_parameters->>'roleName',
                  regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS target
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name IN ('AttachUserPolicy', 'DetachUserPolicy', 'PutUserPolicy', 'DeleteUserPolicy', 'AddUserToGroup',
                       'PutUserPermissionsBoundary', 'DeleteUserPermissionsBoundary', 'AttachRolePolicy',
                       'DetachRolePolicy', 'PutRolePolicy', 'DeleteRolePolicy', 'PutRolePermissionsBoundary',
                       'DeleteRolePermissionsBoundary', 'UpdateAssumeRolePolicy')
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
       target,
       coalesce(request_parameters->>'policyArn', request_parameters->>'groupName', request_parameters->>'policyName',
                request_parameters->>'permissionsBoundary') AS policy_or_group,
       policy_actions(request_parameters) AS actions,
       outcome,
       error_code,
       event_id
FROM changes
WHERE target = CASE
                 WHEN principal_type = 'AssumedRole' AND event_name LIKE '%Role%' THEN issuer_user_name
                 WHEN principal_type = 'IAMUser' AND event_name LIKE '%User%' THEN user_name
               END
ORDER BY event_time DESC, event_id
