-- title: Console sign-ins with an instance's credentials
-- description: Lists console sessions that were opened with the credentials of an EC2 instance, which has no use for a console.
-- severity: high
-- mitre: T1021.007, T1552.005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A machine does not look at web pages: somebody took its credentials, through the metadata service or from its disk,
-- and made a console link of them.
-- Expected: nothing. Next: what the session did (report('user_activity', 'who=i-...')), and from where
-- (instance_credentials_elsewhere).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name AS instance_id,
       source_ip,
       access_key_id,
       event_name,
       issued_access_key_id,
       user_agent,
       outcome,
       coalesce(error_code, error_message) AS error,
       event_id
FROM cloudtrail
WHERE event_source = 'signin.amazonaws.com'
  AND event_name IN ('ConsoleLogin', 'GetSigninToken', 'SwitchRole')
  AND session_name LIKE 'i-%'
  AND regexp_like(session_name, '^i-([0-9a-f]{8}|[0-9a-f]{17})$')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
