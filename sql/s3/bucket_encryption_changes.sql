-- title: Default encryption of buckets changed
-- description: Lists each change of how new objects of a bucket are encrypted, and with whose key.
-- severity: medium
-- mitre: T1486
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Objects written from then on are encrypted with the new key. With a key of another account, its owner decides who
-- may read them, and may destroy it: that is how objects are held to ransom.
-- Expected: infrastructure code. Suspicious: key_account is none of yours (a key without an account is yours), many
-- buckets.

WITH calls AS (
  SELECT *,
         coalesce(request_parameters->'ServerSideEncryptionConfiguration'->'Rule'
                    ->>'ApplyServerSideEncryptionByDefault',
                  request_parameters->'ServerSideEncryptionConfiguration'->'Rule'->0
                    ->>'ApplyServerSideEncryptionByDefault') AS chosen_rule
  FROM cloudtrail
  WHERE event_source = 's3.amazonaws.com'
    AND event_name IN ('PutBucketEncryption', 'PutEncryptionConfiguration', 'DeleteBucketEncryption')
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
       coalesce(request_parameters->>'bucketName', arn_part(resource_arns[1], 'resource')) AS bucket,
       chosen_rule->>'SSEAlgorithm' AS algorithm,
       chosen_rule->>'KMSMasterKeyID' AS kms_key,
       arn_part(chosen_rule->>'KMSMasterKeyID', 'account') AS key_account,
       arn_part(chosen_rule->>'KMSMasterKeyID', 'account') <> account_id AS key_of_another_account,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
