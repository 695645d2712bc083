-- title: Changes made in the console
-- description: Lists every change that was made or tried by hand in the AWS console or in CloudShell.
-- severity: low
-- mitre: T1059.009
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Where infrastructure is code, nobody should change production by hand.
-- Expected: people in accounts for trying things out. Suspicious: changes to identities, logs, networks and keys; a
-- person who never used the console. CloudShell counts: it is opened in the console and works with its session.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       resource_arns,
       outcome,
       error_code,
       user_agent_tool(user_agent) AS tool,
       event_id
FROM cloudtrail
WHERE (session_credential_from_console OR user_agent_tool(user_agent) IN ('console', 'cloudshell'))
  AND is_write(event_name, read_only)
  AND coalesce(event_type, '') <> 'AwsConsoleSignIn'
  AND coalesce(principal_type, '') <> 'AWSService'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
