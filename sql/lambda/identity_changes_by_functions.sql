-- title: Identities changed by Lambda functions
-- description: Lists changes to users, roles, keys and policies that were made with the credentials of a function.
-- severity: high
-- mitre: T1098, T1648
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A function that makes users or keys is an automation you know, or somebody else's code under its role
-- (function_changes).
-- Recognised by the scope AWS writes to newer events, else by the user agent, which a thief of the credentials can
-- change.
-- Expected: account automation. Suspicious: every other function, an address that is not of AWS.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(arn_part(in_scope_of->>'credentialsIssuedTo', 'resource_id'), session_name) AS function,
       resource_arns,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source IN ('iam.amazonaws.com', 'sso.amazonaws.com', 'organizations.amazonaws.com',
                       'identitystore.amazonaws.com')
  AND ((in_scope_of->>'issuerType') = 'AWS::Lambda::Function' OR user_agent LIKE '%AWS_Lambda_%')
  AND is_write(event_name, read_only)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
