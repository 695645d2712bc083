-- title: Access points, object lock and ownership changed
-- description: Lists who made or opened another way into a bucket, or changed what locks its objects and who owns them.
-- severity: medium
-- mitre: T1530, T1098, T1490
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- An access point has a policy of its own, beside that of the bucket. Object lock keeps versions from being deleted,
-- until somebody shortens it. Ownership controls can switch access control lists back on (BucketOwnerPreferred,
-- ObjectWriter).
-- Expected: infrastructure code. Suspicious: public true, other_accounts, a shorter retention, a governance lock
-- bypassed.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'bucketName', request_parameters->'CreateAccessPointRequest'->>'Bucket',
                request_parameters->>'bucket') AS bucket,
       coalesce(request_parameters->>'name', request_parameters->>'accessPointName') AS access_point,
       policy_grants_public(request_parameters) AS public,
       array_to_string(policy_external_accounts(request_parameters, account_id), ', ') AS other_accounts,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source IN ('s3.amazonaws.com', 's3-object-lambda.amazonaws.com')
  AND event_name IN ('CreateAccessPoint', 'DeleteAccessPoint', 'PutAccessPointPolicy', 'DeleteAccessPointPolicy',
                     'CreateMultiRegionAccessPoint', 'DeleteMultiRegionAccessPoint',
                     'PutMultiRegionAccessPointPolicy', 'CreateAccessPointForObjectLambda',
                     'PutAccessPointPolicyForObjectLambda', 'PutBucketOwnershipControls',
                     'DeleteBucketOwnershipControls', 'PutObjectLockConfiguration',
                     'PutBucketObjectLockConfiguration', 'PutObjectRetention', 'PutObjectLegalHold',
                     'CreateAccessGrant', 'DeleteAccessGrant', 'CreateAccessGrantsLocation')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
