-- title: Root user console sign-ins
-- description: Lists every attempt to sign in to the console as the root user, with its address and whether a second factor was used.
-- severity: high
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The root user bypasses every IAM policy, so each row needs an explanation.
-- Expected: a break-glass drill, the few account settings that only root can change.
-- Suspicious: an address never seen before, no MFA, many denied attempts, and any row that nobody can explain.

SELECT event_time,
       account_id,
       aws_region,
       source_ip,
       user_agent,
       event_name,
       additional_event_data->>'MFAUsed' AS mfa_used,
       additional_event_data->>'LoginTo' AS signed_in_to,
       outcome,
       error_message,
       event_id
FROM cloudtrail
WHERE event_source = 'signin.amazonaws.com'
  AND event_name = 'ConsoleLogin'
  AND principal_type = 'Root'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
