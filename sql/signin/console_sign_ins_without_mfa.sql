-- title: Console sign-ins without a second factor
-- description: Lists users and root who came into the console with nothing but a password.
-- severity: medium
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: failed boolean = false -- Whether failed attempts are listed too, most of which never got as far as the factor
--
-- A password that leaks, or that is guessed, is then all it takes.
-- People who come by SAML, Identity Center or a role's session are left out: they show their second factor elsewhere.
-- Expected: nothing, where MFA is enforced. Suspicious: root, an administrator, a user that was made the same day,
-- a user whose MFA device was removed shortly before (DeactivateMFADevice).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       principal_type,
       source_ip,
       additional_event_data->>'MFAUsed' AS mfa_used,
       additional_event_data->>'LoginTo' AS signed_in_to,
       user_agent,
       outcome,
       error_message,
       event_id
FROM cloudtrail
WHERE event_source = 'signin.amazonaws.com'
  AND event_name = 'ConsoleLogin'
  AND principal_type IN ('IAMUser', 'Root')
  AND coalesce(additional_event_data->>'MFAUsed', 'No') <> 'Yes'
  AND (additional_event_data->>'SamlProviderArn') IS NULL
  AND ($failed OR outcome = 'success')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
