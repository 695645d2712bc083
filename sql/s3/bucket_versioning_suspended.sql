-- title: Bucket versioning suspended
-- description: Lists each attempt to stop keeping old versions of objects, or to allow their deletion without a second factor.
-- severity: high
-- mitre: T1490, T1485
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- With versioning on, an overwritten or deleted object can be brought back. Suspended, the next deletion is final.
-- Expected: rare. Suspicious: followed by deletions (objects_deleted) or a lifecycle rule (bucket_lifecycle_changes).
-- Some tools send mfa_delete Disabled together with status Enabled each time, which changes nothing.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'bucketName', arn_part(resource_arns[1], 'resource')) AS bucket,
       request_parameters->'VersioningConfiguration'->>'Status' AS status,
       coalesce(request_parameters->'VersioningConfiguration'->>'MfaDelete',
                request_parameters->'VersioningConfiguration'->>'MFADelete') AS mfa_delete,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND event_name = 'PutBucketVersioning'
  AND (coalesce(request_parameters->'VersioningConfiguration'->>'Status', '') <> 'Enabled'
       OR (request_parameters->'VersioningConfiguration'->>'MfaDelete') = 'Disabled'
       OR (request_parameters->'VersioningConfiguration'->>'MFADelete') = 'Disabled')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
