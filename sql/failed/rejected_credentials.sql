-- title: Credentials that were not accepted
-- description: Lists keys and tokens that AWS turned away: unknown, deleted, expired or wrongly signed, with who used them and how often.
-- severity: medium
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A key that was deleted after an incident and is tried again tells that the thief is still there, and from where.
-- Expected: ExpiredToken of programs that renew too late, a clock that is wrong. Suspicious: a deleted key
-- (deleted_keys_in_use), a signature that does not match (a secret is guessed), an address that is none of yours.
-- Most services do not record calls whose key belongs to nobody; S3 does where data events are kept.

SELECT account_id,
       principal,
       source_ip,
       access_key_id,
       error_code,
       count(*) AS calls,
       array_to_string(array_sort(array_agg(DISTINCT event_source || ':' || event_name)), ', ') AS event_names,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS programs,
       min(event_time) AS first_time,
       max(event_time) AS last_time
FROM cloudtrail
WHERE error_code IN ('InvalidClientTokenId', 'InvalidAccessKeyId', 'UnrecognizedClientException',
                     'SignatureDoesNotMatch', 'InvalidSignatureException', 'IncompleteSignature',
                     'IncompleteSignatureException', 'ExpiredToken', 'ExpiredTokenException', 'RequestExpired',
                     'Client.RequestExpired', 'InvalidToken',
                     'Client.AuthFailure', 'AuthFailure', 'MissingAuthenticationToken',
                     'MissingAuthenticationTokenException', 'InvalidIdentityToken', 'InvalidIdentityTokenException',
                     'IDPRejectedClaim', 'IDPRejectedClaimException', 'ExpiredIdentityToken', 'InvalidSignature',
                     'NotSignedUp', 'OptInRequired')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY account_id, principal, source_ip, access_key_id, error_code
ORDER BY last_time DESC, account_id, principal, source_ip, access_key_id, error_code
