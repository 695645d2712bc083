-- title: Changes to encryption keys
-- description: Lists who made, altered, switched, renamed, shared or scheduled for deletion a key of KMS.
-- severity: low
-- mitre: T1098, T1485, T1486
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: services boolean = false -- Whether grants that AWS services make are listed
--
-- Expected: infrastructure code; grants by AWS services for their own use are left out unless --param services=true.
-- Suspicious: anything by hand on a key that protects backups or logs, an alias that moves to another key, rotation
-- off.
-- Ask next: kms_keys_disabled_or_deleted, kms_key_access_granted.

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
       request_parameters->>'aliasName' AS alias,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'kms.amazonaws.com'
  AND event_name IN ('CreateKey', 'ReplicateKey', 'EnableKey', 'DisableKey', 'ScheduleKeyDeletion',
                     'CancelKeyDeletion', 'DeleteKey', 'PutKeyPolicy', 'CreateGrant', 'RevokeGrant', 'RetireGrant',
                     'CreateAlias', 'UpdateAlias', 'DeleteAlias', 'EnableKeyRotation', 'DisableKeyRotation',
                     'RotateKeyOnDemand', 'ImportKeyMaterial', 'DeleteImportedKeyMaterial', 'UpdateKeyDescription',
                     'UpdatePrimaryRegion', 'TagResource', 'UntagResource', 'CreateCustomKeyStore',
                     'UpdateCustomKeyStore', 'ConnectCustomKeyStore', 'DisconnectCustomKeyStore',
                     'DeleteCustomKeyStore')
  AND ($services OR NOT (event_name IN ('CreateGrant', 'RetireGrant', 'RevokeGrant')
                         AND coalesce(is_aws_service(source_ip), false)))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
