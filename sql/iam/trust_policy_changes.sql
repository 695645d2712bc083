-- title: Trust policies of roles changed
-- description: Lists every attempt to change who may take a role, and whom it lets in now.
-- severity: medium
-- mitre: T1098.003, T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A role with a door added is a way back that no key rotation closes.
-- Expected: infrastructure code. Suspicious: external_accounts has a number you do not know, anyone is true, a person
-- or a user among trusted, a role with broad rights. trusted is empty where CloudTrail left the parameters out because
-- they were too large; that is a known way to hide what was written: look at the role itself.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'roleName',
                regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS role,
       policy_principals(request_parameters) AS trusted,
       policy_external_accounts(request_parameters, account_id) AS external_accounts,
       policy_grants_public(request_parameters) AS anyone,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'iam.amazonaws.com'
  AND event_name = 'UpdateAssumeRolePolicy'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
