-- title: IAM users created
-- description: Lists every attempt to make an IAM user, by whom, from where and with which program.
-- severity: medium
-- mitre: T1136.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A new user is the plainest way to stay. What the user got next: the report identity_persistence_chains.
-- Expected: joiners where people still have IAM users; service users that code makes. Suspicious: by hand in an
-- account that uses Identity Center, a name that imitates a service, by_instance is true, a user that was never asked
-- for. tool is what the caller says of itself: a clue, never a proof.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(response_elements->'user'->>'userName', request_parameters->>'userName',
                regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS new_user,
       response_elements->'user'->>'arn' AS new_user_arn,
       request_parameters->>'permissionsBoundary' AS permissions_boundary,
       -- The session of an instance profile bears the instance's id.
       coalesce(session_name LIKE 'i-%' AND principal_type = 'AssumedRole', false) AS by_instance,
       user_agent_tool(user_agent) AS tool,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'iam.amazonaws.com'
  AND event_name = 'CreateUser'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
