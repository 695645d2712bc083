-- title: Sessions through a provider that had just been changed
-- description: Lists sessions that began through a SAML or OpenID Connect provider within a day after somebody made or altered that provider.
-- severity: high
-- mitre: T1484.002, T1550.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 day' -- How long after a change sessions count
--
-- Who replaces the certificate of a provider writes their own sign-ins, for anybody. The first sessions afterwards are
-- the ones to check against the identity provider's own log.
-- Expected: the certificate's yearly renewal, then everybody's sign-ins as before. Suspicious: a change nobody
-- planned, a session within minutes from the address that made the change, an administrator's role.

WITH changes AS (
  SELECT event_time AS changed_at,
         principal AS changed_by,
         source_ip AS changed_from,
         event_name AS change,
         event_id AS change_event_id,
         coalesce(request_parameters->>'sAMLProviderArn', request_parameters->>'openIDConnectProviderArn',
                  response_elements->>'sAMLProviderArn', response_elements->>'openIDConnectProviderArn') AS changed
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name IN ('CreateSAMLProvider', 'UpdateSAMLProvider', 'CreateOpenIDConnectProvider',
                       'UpdateOpenIDConnectProviderThumbprint', 'AddClientIDToOpenIDConnectProvider')
    AND outcome = 'success'
),
sessions AS (
  SELECT *,
         coalesce(request_parameters->>'principalArn', response_elements->>'provider', identity_provider) AS provider
  FROM cloudtrail
  WHERE event_source = 'sts.amazonaws.com'
    AND event_name IN ('AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       source_ip,
       event_name,
       provider,
       request_parameters->>'roleArn' AS role_arn,
       issued_access_key_id,
       (to_unixtime(event_time) - to_unixtime(changed_at)) / 60 AS minutes_after_change,
       change,
       changed_by,
       changed_from,
       changed_from = source_ip AS same_address,
       outcome,
       error_code,
       event_id,
       change_event_id
FROM sessions
JOIN changes ON changed = provider AND event_time >= changed_at AND event_time <= changed_at + $window
ORDER BY event_time DESC, event_id, change_event_id
