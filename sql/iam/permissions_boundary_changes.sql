-- title: Permissions boundaries set or removed
-- description: Lists every attempt to set or remove the upper limit of what a user or role may ever do.
-- severity: medium
-- mitre: T1098
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A boundary caps rights whatever policies say; to remove it, or to set a wide one, opens the door without a new
-- policy.
-- Expected: infrastructure code that sets them. Suspicious: any removal by hand, itself is true.

WITH changes AS (
  SELECT *,
         CASE WHEN event_name LIKE '%User%' THEN 'user' ELSE 'role' END AS target_kind,
         coalesce(request_parameters->>'userName', request_parameters->>'roleName',
                  regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS target
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name IN ('PutUserPermissionsBoundary', 'PutRolePermissionsBoundary', 'DeleteUserPermissionsBoundary',
                       'DeleteRolePermissionsBoundary')
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
       target_kind,
       target,
       CASE WHEN event_name LIKE 'Delete%' THEN 'removes the limit' ELSE 'sets a limit' END AS effect,
       request_parameters->>'permissionsBoundary' AS boundary,
       target = coalesce(CASE target_kind WHEN 'user' THEN user_name ELSE issuer_user_name END, '') AS itself,
       outcome,
       error_code,
       event_id
FROM changes
ORDER BY event_time DESC, event_id
