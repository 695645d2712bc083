-- title: Encryption keys disabled or scheduled for deletion
-- description: Lists each attempt to disable, delete or cut off a key, after which the data it protects can no longer be read.
-- severity: high
-- mitre: T1485, T1490
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A deletion waits for 7 to 30 days and can be called back until deletion_date: CancelKeyDeletion. A disabled key can
-- be enabled again at once. DeleteKey is KMS itself, at the end of the wait.
-- Expected: retired test keys. Suspicious: the shortest wait, a key of backups or logs, refused attempts on several
-- keys.

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
       coalesce(response_elements->>'pendingWindowInDays', request_parameters->>'pendingWindowInDays') AS waits_days,
       response_elements->>'deletionDate' AS deletion_date,
       request_parameters->>'customKeyStoreId' AS key_store,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'kms.amazonaws.com'
  AND event_name IN ('DisableKey', 'ScheduleKeyDeletion', 'DeleteKey', 'DisconnectCustomKeyStore',
                     'DeleteCustomKeyStore')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
