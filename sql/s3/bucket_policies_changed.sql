-- title: Bucket policies changed
-- description: Lists each new or deleted bucket policy, whom it lets in, and to do what.
-- severity: medium
-- mitre: T1530, T1098
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A bucket policy decides who may read, write and delete, also from other accounts. public means that everyone is let
-- in without a condition that holds; Block Public Access may still forbid it.
-- Expected: infrastructure code. Suspicious: public, other_accounts that are not yours, a deletion, a policy too large
-- to be recorded (detail then says omitted).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'bucketName', arn_part(resource_arns[1], 'resource')) AS bucket,
       policy_grants_public(request_parameters) AS public,
       array_to_string(policy_external_accounts(request_parameters, account_id), ', ') AS other_accounts,
       array_to_string(policy_principals(request_parameters), ', ') AS principals,
       array_to_string(policy_actions(request_parameters), ', ') AS actions,
       coalesce(request_parameters->>'bucketPolicy', request_parameters->>'policy',
                CASE WHEN (request_parameters->>'omitted') = 'true' THEN request_parameters END) AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND event_name IN ('PutBucketPolicy', 'DeleteBucketPolicy')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
