-- title: Encryption keys with imported material
-- description: Lists who brought key material of their own into KMS or deleted it, which makes data unreadable at once.
-- severity: high
-- mitre: T1486, T1485
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Imported material can be deleted without any wait, and AWS has no copy: only who brought it can bring it back.
-- Expected: companies that hold their own keys, by a known procedure. Suspicious: a new key with origin EXTERNAL,
-- objects re-encrypted with it, then DeleteImportedKeyMaterial; material that expires soon.

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
       request_parameters->>'origin' AS origin,
       request_parameters->>'expirationModel' AS expires,
       request_parameters->>'validTo' AS valid_to,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'kms.amazonaws.com'
  AND (event_name IN ('GetParametersForImport', 'ImportKeyMaterial', 'DeleteImportedKeyMaterial')
       OR event_name = 'CreateKey' AND (request_parameters->>'origin') IN ('EXTERNAL', 'EXTERNAL_KEY_STORE'))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
