-- title: Policies that allow nearly everything
-- description: Lists policies that were written with rights to everything, to all of IAM, or to hand roles to services.
-- severity: high
-- mitre: T1098.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Looked for among the Allow statements: *, iam:*, sts:*, iam:PassRole, NotAction, and the IAM actions by which rights
-- are raised. The resources and conditions of a statement may narrow it: read the policy before you judge.
-- Expected: a deployment role. Suspicious: a user's inline policy, a policy nobody reviewed, one made by hand. Where
-- CloudTrail did not write the policy down (too large, or refused), actions is empty and the row is listed.

WITH written AS (
  SELECT *,
         policy_actions(request_parameters) AS actions
  FROM cloudtrail
  WHERE event_source IN ('iam.amazonaws.com', 'sso.amazonaws.com')
    AND event_name IN ('CreatePolicy', 'CreatePolicyVersion', 'PutUserPolicy', 'PutRolePolicy', 'PutGroupPolicy',
                       'PutInlinePolicyToPermissionSet')
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
       coalesce(request_parameters->>'userName', request_parameters->>'roleName', request_parameters->>'groupName',
                request_parameters->>'permissionSetArn', request_parameters->>'policyArn',
                response_elements->'policy'->>'arn', request_parameters->>'policyName',
                regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS target,
       request_parameters->>'policyName' AS policy_name,
       actions,
       outcome,
       error_code,
       event_id
FROM written
WHERE actions IS NULL
   OR regexp_like(array_to_string(actions, ' '),
                  '(^| )(\*|\*:\*|(iam|sts):\*|iam:(\*|Pass\*|PassRole|Put\S*|Attach\S*|Create\*|CreateAccessKey|'
                  || 'CreateLoginProfile|CreatePolicyVersion|SetDefaultPolicyVersion|UpdateAssumeRolePolicy)|'
                  || 'NotAction:\S+)( |$)', 'i')
ORDER BY event_time DESC, event_id
