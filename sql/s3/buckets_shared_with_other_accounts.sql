-- title: Buckets and objects shared with other accounts
-- description: Lists each attempt to let a named other account into a bucket, an access point or an object.
-- severity: high
-- mitre: T1537, T1098
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- other_accounts are account numbers from a policy, or canonical ids from an access control list, whose account nobody
-- can tell. The owner's own id is left out.
-- Expected: your own other accounts, vendors under contract, accounts of AWS that deliver logs. Suspicious: an account
-- you do not know, write or delete permission, a bucket with backups or logs.
-- A policy or list that was not recorded (too large, or refused without parameters) is listed with other_accounts
-- empty.

WITH grants AS (
  SELECT *,
         array_remove(policy_external_accounts(request_parameters, account_id),
                      coalesce(request_parameters->'AccessControlPolicy'->'Owner'->>'ID', '')) AS other_accounts
  FROM cloudtrail
  WHERE event_source = 's3.amazonaws.com'
    AND event_name IN ('PutBucketPolicy', 'PutBucketAcl', 'PutObjectAcl', 'PutAccessPointPolicy',
                       'PutMultiRegionAccessPointPolicy')
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
       request_parameters->>'key' AS key,
       array_to_string(other_accounts, ', ') AS other_accounts,
       array_to_string(policy_principals(request_parameters), ', ') AS principals,
       array_to_string(policy_actions(request_parameters), ', ') AS actions,
       outcome,
       error_code,
       event_id
FROM grants
WHERE cardinality(other_accounts) > 0
   OR event_name IN ('PutBucketPolicy', 'PutBucketAcl', 'PutAccessPointPolicy')
      AND (request_parameters IS NULL OR (request_parameters->>'omitted') = 'true')
ORDER BY event_time DESC, event_id
