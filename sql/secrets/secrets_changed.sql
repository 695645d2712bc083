-- title: Secrets changed, shared and deleted
-- description: Lists who made, overwrote, rotated, copied to other regions, shared or deleted a secret.
-- severity: medium
-- mitre: T1485, T1098, T1555.006
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A deletion waits for 7 to 30 days and can be called back, unless forced true: then the value is gone at once.
-- Expected: infrastructure code, rotation (source_ip names the service or a function). Suspicious: forced,
-- other_accounts or public in a policy, a copy to a region you do not use, rotation switched off.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'secretId', request_parameters->>'name', response_elements->>'aRN',
                response_elements->>'arn', response_elements->>'name', resource_arns[1]) AS secret,
       request_parameters->>'forceDeleteWithoutRecovery' AS forced,
       request_parameters->>'recoveryWindowInDays' AS waits_days,
       policy_grants_public(request_parameters->>'resourcePolicy') AS public,
       array_to_string(policy_external_accounts(request_parameters->>'resourcePolicy', account_id), ', ')
         AS other_accounts,
       coalesce(request_parameters->>'addReplicaRegions', request_parameters->>'removeReplicaRegions') AS regions,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'secretsmanager.amazonaws.com'
  AND event_name IN ('CreateSecret', 'PutSecretValue', 'UpdateSecret', 'UpdateSecretVersionStage', 'RotateSecret',
                     'CancelRotateSecret', 'ReplicateSecretToRegions', 'RemoveRegionsFromReplication',
                     'StopReplicationToReplica', 'PutResourcePolicy', 'DeleteResourcePolicy', 'DeleteSecret',
                     'RestoreSecret')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
