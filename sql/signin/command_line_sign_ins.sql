-- title: Sign-ins of command-line tools
-- description: Lists the steps by which programs such as the AWS CLI signed in through a browser: registered, asked for a code, got a token.
-- severity: low
-- mitre: T1528, T1566.002
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- In the device-code flow a program shows a code and a person confirms it in a browser, which may be another's: so a
-- phishing mail gets a token without any password.
-- Expected: developers on a working day, and renewals (refresh_token). Suspicious: a device code asked for at one
-- address and confirmed at another, a client name nobody knows, roles taken right after (identity_center_roles_taken).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       CASE
         WHEN event_name = 'RegisterClient' THEN 'registers the program'
         WHEN event_name = 'StartDeviceAuthorization' THEN 'asks for a code'
         WHEN event_name = 'AuthorizeOAuth2Access' THEN 'the person agrees'
         WHEN (request_parameters->>'grantType') LIKE '%device_code' THEN 'gets a token for a code'
         WHEN (request_parameters->>'grantType') = 'refresh_token' THEN 'renews the token'
         ELSE 'gets a token'
       END AS step,
       request_parameters->>'grantType' AS grant_type,
       coalesce(request_parameters->>'clientName', request_parameters->>'clientId',
                request_parameters->>'client_id') AS client,
       request_parameters->>'startUrl' AS start_url,
       user_agent,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source IN ('sso.amazonaws.com', 'sso-oauth.amazonaws.com', 'sso-oidc.amazonaws.com', 'signin.amazonaws.com')
  AND event_name IN ('RegisterClient', 'StartDeviceAuthorization', 'CreateToken', 'CreateTokenWithIAM',
                     'AuthorizeOAuth2Access', 'CreateOAuth2Token')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
