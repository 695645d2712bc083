-- title: IAM calls that failed
-- description: Lists calls about users, roles and policies that were refused or went wrong, with the reason AWS gave.
-- severity: low
-- mitre: T1087.004, T1069.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Who probes what a stolen key may do meets refusals; who guesses names meets NoSuchEntity and EntityAlreadyExists.
-- Expected: infrastructure code that asks whether something is there (NoSuchEntity), a policy that lacks an action.
-- Suspicious: refused writes, many different calls within minutes, names that are tried one after the other.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'userName', request_parameters->>'roleName', request_parameters->>'groupName',
                request_parameters->>'instanceProfileName', request_parameters->>'policyArn',
                request_parameters->>'policyName',
                regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS target,
       outcome,
       error_code,
       error_message,
       event_id
FROM cloudtrail
WHERE event_source = 'iam.amazonaws.com'
  AND outcome <> 'success'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
