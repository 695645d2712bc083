-- title: Default encryption of disks changed
-- description: Lists every attempt to turn the default encryption of new disks on or off, or to change its key.
-- severity: medium
-- mitre: T1578.005, T1562
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- It holds for all new disks of the account in one region. What is made while it is off stays unencrypted.
-- Expected: turned on, once, by infrastructure code. Suspicious: turned off, or a key of another account (ransom: the
-- data is encrypted with a key that is not yours).

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('EnableEbsEncryptionByDefault', 'DisableEbsEncryptionByDefault', 'ModifyEbsDefaultKmsKeyId',
                       'ResetEbsDefaultKmsKeyId')
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
       CASE event_name
         WHEN 'DisableEbsEncryptionByDefault' THEN 'turned off'
         WHEN 'EnableEbsEncryptionByDefault' THEN 'turned on'
         ELSE 'another key'
       END AS effect,
       coalesce(asked->>'KmsKeyId', asked->>'kmsKeyId', answered->>'kmsKeyId') AS kms_key,
       arn_part(coalesce(asked->>'KmsKeyId', asked->>'kmsKeyId', answered->>'kmsKeyId'), 'account') AS key_account,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
