-- title: Key pairs made, imported or deleted
-- description: Lists every attempt to make, bring in or delete an SSH key pair.
-- severity: medium
-- mitre: T1098.004, T1531
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A key pair opens the instances that are launched with it later, not those that run.
-- Expected: infrastructure code, a person once. Suspicious: ImportKeyPair of a key nobody knows, a new key pair just
-- before launches, deletions in a row.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'keyName', response_elements->>'keyName') AS key_name,
       coalesce(request_parameters->>'keyPairId', response_elements->>'keyPairId') AS key_pair_id,
       response_elements->>'keyFingerprint' AS fingerprint,
       request_parameters->>'keyType' AS key_type,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'ec2.amazonaws.com'
  AND event_name IN ('CreateKeyPair', 'ImportKeyPair', 'DeleteKeyPair')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
