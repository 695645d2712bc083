-- title: Console sign-ins outside the identity provider
-- description: Lists sign-ins to the console that no identity provider vouched for: passwords of users and root, and sessions made from keys.
-- severity: low
-- mitre: T1078.004, T1550.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- For a company whose people all come through SAML or Identity Center each row is an exception that has an owner.
-- Expected: break-glass users. Suspicious: a role session or federation token, for which somebody turned access keys
-- into a console session (console_sessions_from_keys), and users who were made not long before.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       CASE principal_type
         WHEN 'Root' THEN 'root password'
         WHEN 'IAMUser' THEN 'user password'
         WHEN 'AssumedRole' THEN 'role session'
         WHEN 'FederatedUser' THEN 'federation token'
         ELSE coalesce(principal_type, 'unknown')
       END AS method,
       additional_event_data->>'MFAUsed' AS mfa_used,
       user_agent,
       outcome,
       error_message,
       event_id
FROM cloudtrail
WHERE event_source = 'signin.amazonaws.com'
  AND event_name = 'ConsoleLogin'
  AND coalesce(principal_type, '') NOT IN ('SAMLUser', 'WebIdentityUser', 'IdentityCenterUser')
  AND (additional_event_data->>'SamlProviderArn') IS NULL
  AND coalesce(issuer_user_name, '') NOT LIKE 'AWSReservedSSO%'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
