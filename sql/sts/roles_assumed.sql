-- title: Roles assumed
-- description: Lists who took which role, from where, under which session name, and the temporary key they got.
-- severity: info
-- mitre: T1550.001, T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: role text = NULL -- Only this role: its ARN or its name
-- param: services boolean = false -- Whether roles taken by AWS services are listed
--
-- A call into another account is recorded in both accounts: two rows with one shared_event_id. Only one of them names
-- the caller in full.
-- Expected: deployments, federated people, a fixed set of roles between your accounts.
-- Suspicious: from_account is none of yours, a denied series over many roles, a role that takes further roles, a session
-- name that imitates a service.

WITH assumed AS (
  SELECT *,
         coalesce(
           request_parameters->>'roleArn',
           request_parameters->>'targetPrincipal',
           -- What was refused is often recorded without its parameters, but the message names the role.
           regexp_match(error_message, 'on resource: (arn:\S+)')[1]
         ) AS role_arn
  FROM cloudtrail
  WHERE event_source = 'sts.amazonaws.com'
    AND event_name IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot')
    AND ($services OR principal_type IS DISTINCT FROM 'AWSService')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       user_account_id AS from_account,
       principal,
       session_name AS from_session,
       source_ip,
       access_key_id,
       event_name,
       role_arn,
       request_parameters->>'roleSessionName' AS new_session_name,
       request_parameters->>'externalId' AS external_id,
       issued_access_key_id,
       outcome,
       error_code,
       shared_event_id,
       event_id
FROM assumed
WHERE $role IS NULL OR role_arn = $role OR arn_part(role_arn, 'name') = $role
ORDER BY event_time DESC, event_id
