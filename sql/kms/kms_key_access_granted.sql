-- title: Encryption keys opened to others
-- description: Lists key policies and grants that let another account, or everyone, use a key.
-- severity: high
-- mitre: T1098, T1537
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: inside boolean = false -- Whether what stays inside the account is listed
--
-- With a key goes what it protects: a snapshot or object encrypted with it can be read elsewhere only if the key is
-- shared, too.
-- Expected: your own backup account, grants inside the account (hidden unless --param inside=true). Suspicious: an
-- unknown account, public, kms:* or Decrypt for somebody who needs none.
-- Policies that were not recorded (too large, or refused without parameters) are listed with public empty.

WITH grants AS (
  SELECT *,
         policy_grants_public(request_parameters) AS public,
         policy_external_accounts(request_parameters, account_id) AS other_accounts
  FROM cloudtrail
  WHERE event_source = 'kms.amazonaws.com'
    AND event_name IN ('PutKeyPolicy', 'CreateGrant', 'CreateKey', 'ReplicateKey')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(arn_part(resource_arns[1], 'resource'), request_parameters->>'keyId', response_elements->>'keyId',
                request_parameters->>'targetKeyId', response_elements->'keyMetadata'->>'keyId') AS kms_key,
       public,
       array_to_string(other_accounts, ', ') AS other_accounts,
       array_to_string(policy_principals(request_parameters), ', ') AS principals,
       array_to_string(policy_actions(request_parameters), ', ') AS actions,
       outcome,
       error_code,
       event_id
FROM grants
WHERE public
   OR cardinality(other_accounts) > 0
   OR event_name IN ('PutKeyPolicy', 'CreateGrant')
      AND (request_parameters IS NULL OR (request_parameters->>'omitted') = 'true')
   OR $inside AND public IS NOT NULL
ORDER BY event_time DESC, event_id
