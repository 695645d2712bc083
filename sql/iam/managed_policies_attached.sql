-- title: Managed policies attached or detached
-- description: Lists who gave or took a policy to or from which user, role or group.
-- severity: medium
-- mitre: T1098.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: kind text = NULL -- Only policies of this kind of identity: user, role or group
--
-- To attach a policy is to grant all that stands in it. Narrow with --param kind=user (or role, or group).
-- Expected: infrastructure code, joiners. Suspicious: policies on users rather than groups, a policy that denies and
-- is detached, a caller who attaches to themselves (report own_permissions_changed), AdministratorAccess (report
-- admin_policies_attached).

WITH changes AS (
  SELECT *,
         CASE
           WHEN event_name LIKE '%UserPolicy' THEN 'user'
           WHEN event_name LIKE '%RolePolicy' THEN 'role'
           ELSE 'group'
         END AS target_kind,
         coalesce(request_parameters->>'userName', request_parameters->>'roleName', request_parameters->>'groupName',
                  regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS target
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name IN ('AttachUserPolicy', 'AttachRolePolicy', 'AttachGroupPolicy', 'DetachUserPolicy',
                       'DetachRolePolicy', 'DetachGroupPolicy')
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
       request_parameters->>'policyArn' AS policy_arn,
       outcome,
       error_code,
       event_id
FROM changes
WHERE $kind IS NULL OR target_kind = $kind
ORDER BY event_time DESC, event_id
