-- title: Federated console sign-ins
-- description: Lists who came into the console through an identity provider, Identity Center or the session of a role, and through which.
-- severity: info
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- session_name is what the identity provider calls the person, mostly an e-mail address.
-- Expected: one or two identity providers. Suspicious: a provider that nobody knows (see CreateSAMLProvider), a person
-- who left, and role sessions without any provider (sign_ins_outside_identity_provider).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       principal_type,
       coalesce(additional_event_data->>'SamlProviderArn', identity_provider, web_identity->>'federatedProvider',
                CASE WHEN issuer_user_name LIKE 'AWSReservedSSO%' THEN 'Identity Center' END) AS provider,
       additional_event_data->>'LoginTo' AS signed_in_to,
       user_agent,
       outcome,
       error_message,
       event_id
FROM cloudtrail
WHERE event_source = 'signin.amazonaws.com'
  AND event_name = 'ConsoleLogin'
  AND coalesce(principal_type, '') NOT IN ('IAMUser', 'Root')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
