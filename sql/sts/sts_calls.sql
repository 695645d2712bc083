-- title: Recent STS calls
-- description: Lists calls that hand out temporary credentials or ask who a credential belongs to, with the key that was issued.
-- severity: info
-- mitre: T1550.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: services boolean = false -- Whether calls of AWS services are listed
--
-- The journal of temporary credentials: each issued_access_key_id leads on to what was done with it. The function
-- assume_chain(who) follows the whole chain.
-- Expected: much of it, all day. Suspicious: see the other reports of this group. Roles that AWS services take for
-- themselves are left out: --param services=true lists them.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'roleArn', request_parameters->>'targetPrincipal', request_parameters->>'name',
                regexp_match(error_message, 'on resource: (arn:\S+)')[1]) AS target,
       request_parameters->>'roleSessionName' AS new_session_name,
       source_identity,
       issued_access_key_id,
       response_elements->'credentials'->>'expiration' AS expires,
       user_agent_tool(user_agent) AS tool,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'sts.amazonaws.com'
  AND ($services OR (principal_type IS DISTINCT FROM 'AWSService'))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
