-- title: Console sign-ins by programs
-- description: Lists console sign-ins whose user agent is no browser: a script or an attack tool, where a person is expected.
-- severity: medium
-- mitre: T1078.004, T1110
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The console is made for browsers; what tries passwords or opens sessions by itself seldom takes the trouble to look
-- like one. A user agent is written by the caller: its absence here proves nothing.
-- Expected: monitoring that signs in on purpose. Suspicious: everything else, above all with success.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       event_name,
       user_agent_tool(user_agent) AS tool,
       user_agent,
       additional_event_data->>'MFAUsed' AS mfa_used,
       outcome,
       error_message,
       event_id
FROM cloudtrail
WHERE event_source = 'signin.amazonaws.com'
  AND event_name = 'ConsoleLogin'
  AND coalesce(user_agent_tool(user_agent), 'none') <> 'browser'
  AND NOT ip_is_aws_host(coalesce(source_ip, ''))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
