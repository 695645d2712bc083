-- title: Console sessions made from access keys
-- description: Lists who turned the access keys of a session into a link that opens the console, as thieves of keys do to look around with a browser.
-- severity: medium
-- mitre: T1021.007, T1550.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- GetSigninToken asks for no password and no second factor: whoever holds temporary keys can do it. The console session
-- uses the key in issued_access_key_id, where one is told.
-- The portal of Identity Center does the same for each of its sign-ins; those calls are left out.
-- Expected: a company's own portal, aws-vault. Suspicious: an instance's or a function's role, an address new for the
-- role, tools such as aws_consoler or pacu.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       issued_access_key_id,
       user_agent_tool(user_agent) AS tool,
       user_agent,
       outcome,
       coalesce(error_code, error_message) AS error,
       event_id
FROM cloudtrail
WHERE event_source = 'signin.amazonaws.com'
  AND event_name = 'GetSigninToken'
  AND NOT (coalesce(issuer_user_name, '') LIKE 'AWSReservedSSO%' AND coalesce(user_agent, '') LIKE 'Jersey/%')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
