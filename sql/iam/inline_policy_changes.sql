-- title: Inline policies changed
-- description: Lists who wrote or removed a policy inside a user, role or group, and what it allows.
-- severity: medium
-- mitre: T1098.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: kind text = NULL -- Only policies of this kind of identity: user, role or group
--
-- An inline policy stands in one identity only and in no list of policies: easy to overlook.
-- Expected: infrastructure code on roles. Suspicious: on users, actions holds * or whole services, a policy that
-- denied something and is removed, a name that imitates one of AWS.

WITH changes AS (
  SELECT *,
         CASE
           WHEN event_name LIKE '%UserPolicy' THEN 'user'
           WHEN event_name LIKE '%RolePolicy' THEN 'role'
           ELSE 'group'
         END AS target_kind
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name IN ('PutUserPolicy', 'PutRolePolicy', 'PutGroupPolicy', 'DeleteUserPolicy', 'DeleteRolePolicy',
                       'DeleteGroupPolicy')
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
                regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS target,
       request_parameters->>'policyName' AS policy_name,
       policy_actions(request_parameters) AS actions,
       outcome,
       error_code,
       event_id
FROM changes
WHERE $kind IS NULL OR target_kind = $kind
ORDER BY event_time DESC, event_id
