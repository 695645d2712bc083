-- title: Administrator rights granted
-- description: Lists every attempt to attach AdministratorAccess, IAMFullAccess or PowerUserAccess to a user, role, group or permission set.
-- severity: high
-- mitre: T1098.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- These policies of AWS end every limit. Your own policies that allow as much: the report wildcard_policies.
-- Expected: the first set-up of an account, a role for administrators that code makes once. Suspicious: a user rather
-- than a role, a role that a service or an outsider may take, a target made the same day. A refused attempt is often
-- written down without the policy; it is listed with an empty policy_arn.

WITH attached AS (
  SELECT *,
         coalesce(request_parameters->>'policyArn', request_parameters->>'managedPolicyArn') AS policy_arn,
         CASE event_name
           WHEN 'AttachUserPolicy' THEN 'user'
           WHEN 'AttachRolePolicy' THEN 'role'
           WHEN 'AttachGroupPolicy' THEN 'group'
           ELSE 'permission set'
         END AS target_kind
  FROM cloudtrail
  WHERE event_source IN ('iam.amazonaws.com', 'sso.amazonaws.com')
    AND event_name IN ('AttachUserPolicy', 'AttachRolePolicy', 'AttachGroupPolicy',
                       'AttachManagedPolicyToPermissionSet')
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
       coalesce(request_parameters->>'userName', request_parameters->>'roleName', request_parameters->>'groupName',
                request_parameters->>'permissionSetArn',
                regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS target,
       policy_arn,
       outcome,
       error_code,
       event_id
FROM attached
WHERE policy_arn IS NULL
   OR arn_part(policy_arn, 'name') IN ('AdministratorAccess', 'IAMFullAccess', 'PowerUserAccess')
ORDER BY event_time DESC, event_id
