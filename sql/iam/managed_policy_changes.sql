-- title: Managed policies changed
-- description: Lists every attempt to make, rewrite, roll back or delete a policy that users and roles share.
-- severity: medium
-- mitre: T1098, T1548.005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A new version of a policy changes the rights of all who have it; to make an old, broader version the default does so
-- without a word of policy in the log (SetDefaultPolicyVersion): look at what that version says.
-- Expected: infrastructure code. Suspicious: actions holds * or iam:*, a caller who has the policy themselves.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'policyArn', response_elements->'policy'->>'arn',
                request_parameters->>'policyName',
                regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS policy,
       coalesce(response_elements->'policyVersion'->>'versionId', request_parameters->>'versionId') AS version,
       CASE
         WHEN event_name IN ('CreatePolicy', 'SetDefaultPolicyVersion') THEN true
         WHEN event_name = 'CreatePolicyVersion' AND (request_parameters->>'policyArn') IS NOT NULL
           THEN coalesce((request_parameters->>'setAsDefault') = 'true', false)
       END AS takes_effect,
       policy_actions(request_parameters) AS actions,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'iam.amazonaws.com'
  AND event_name IN ('CreatePolicy', 'DeletePolicy', 'CreatePolicyVersion', 'DeletePolicyVersion',
                     'SetDefaultPolicyVersion')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
