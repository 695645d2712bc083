-- title: Session tokens
-- description: Lists calls that turn a long-lived key into a temporary one of the same user or of root.
-- severity: low
-- mitre: T1550.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- With MFA a session token is the proper way to use a key; without it, it makes a copy that lives on up to 36 hours
-- after the key is deleted.
-- Expected: people who use MFA on the command line (mfa_device is given), always from their own machine. Suspicious:
-- no mfa_device, a service user, root, a token taken right after a key was made or shortly before it is deleted.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'serialNumber' AS mfa_device,
       request_parameters->>'durationSeconds' AS seconds,
       issued_access_key_id,
       user_agent_tool(user_agent) AS tool,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'sts.amazonaws.com'
  AND event_name = 'GetSessionToken'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
