-- title: Console sign-ins
-- description: Lists every attempt to sign in to the AWS console, allowed or not: who, from where, in which way and with which second factor.
-- severity: info
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The list to read first when a person's account may be in other hands.
-- Expected: the same people, from the same few addresses, in their working hours.
-- Suspicious: an address, a browser or an hour that is new for the person, a user who is supposed to be a machine.
-- mfa_used is what AWS itself asked for. Who signs in by SAML or Identity Center shows the second factor elsewhere, so
-- No says nothing there; nor does it for an attempt that failed at the password.
-- The region is that of the sign-in page, not of the work that follows.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       CASE
         WHEN principal_type = 'Root' THEN 'root password'
         WHEN (additional_event_data->>'SamlProviderArn') IS NOT NULL OR principal_type = 'SAMLUser' THEN 'SAML'
         WHEN issuer_user_name LIKE 'AWSReservedSSO%' THEN 'Identity Center'
         WHEN principal_type = 'IAMUser' THEN 'user password'
         WHEN principal_type = 'FederatedUser' THEN 'federation token'
         WHEN principal_type = 'AssumedRole' THEN 'role session'
         ELSE principal_type
       END AS method,
       additional_event_data->>'MFAUsed' AS mfa_used,
       additional_event_data->>'MFAIdentifier' AS mfa_device,
       additional_event_data->>'LoginTo' AS signed_in_to,
       user_agent,
       outcome,
       error_message,
       event_id
FROM cloudtrail
WHERE event_source = 'signin.amazonaws.com'
  AND event_name = 'ConsoleLogin'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
