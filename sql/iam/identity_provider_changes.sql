-- title: SAML and OpenID Connect providers changed
-- description: Lists every attempt to add, alter or remove an outside identity provider that this account believes.
-- severity: high
-- mitre: T1484.002
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Who owns a provider that an account trusts can be anybody in it, without a password that could be changed.
-- Expected: set up once; a certificate renewed once a year; a cluster's OpenID provider. Suspicious: a new provider, a
-- new address of one, a metadata document replaced by hand, a client id (audience) added. Sessions that began after
-- such a change: the report federated_sessions_after_provider_change.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       CASE WHEN event_name LIKE '%SAML%' THEN 'SAML' ELSE 'OpenID Connect' END AS provider_kind,
       coalesce(request_parameters->>'sAMLProviderArn', request_parameters->>'openIDConnectProviderArn',
                response_elements->>'sAMLProviderArn', response_elements->>'openIDConnectProviderArn',
                request_parameters->>'name', request_parameters->>'url',
                regexp_match(error_message, 'on resource: (arn:\S+)')[1]) AS provider,
       coalesce(request_parameters->>'clientID', request_parameters->>'url') AS client_or_url,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'iam.amazonaws.com'
  AND event_name IN ('CreateSAMLProvider', 'UpdateSAMLProvider', 'DeleteSAMLProvider', 'CreateOpenIDConnectProvider',
                     'DeleteOpenIDConnectProvider', 'UpdateOpenIDConnectProviderThumbprint',
                     'AddClientIDToOpenIDConnectProvider', 'RemoveClientIDFromOpenIDConnectProvider')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
