-- title: Users, roles and groups made by hand
-- description: Lists identities that were made by something other than CloudFormation, as by a person or a script.
-- severity: low
-- mitre: T1136
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: trusted text = NULL -- A program that may make identities too, as user_agent_tool names it
--
-- Where all infrastructure is CloudFormation, an identity that is not of it has a story. Trust another tool as well
-- with --param trusted=terraform; but a user agent is what the caller says of itself, and can be made up.
-- Expected: a first set-up, roles that the console makes for a service (path /service-role/). Suspicious: users above
-- all, at odd hours, from an address that is not that of the pipeline.

WITH made AS (
  SELECT *,
         user_agent_tool(user_agent) AS tool
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name IN ('CreateUser', 'CreateRole', 'CreateGroup')
    AND (invoked_by IS DISTINCT FROM 'cloudformation.amazonaws.com')
    AND (source_ip IS DISTINCT FROM 'cloudformation.amazonaws.com')
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
                regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS target,
       request_parameters->>'path' AS path,
       tool,
       outcome,
       error_code,
       event_id
FROM made
WHERE $trusted IS NULL OR (tool IS DISTINCT FROM $trusted)
ORDER BY event_time DESC, event_id
