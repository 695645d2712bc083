-- title: Archived objects brought back
-- description: Lists who asked S3 to bring back objects from Glacier, the step before they can be read.
-- severity: low
-- mitre: T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Archives hold old backups and logs, which few ever read.
-- Expected: a restore that somebody ordered. Suspicious: many objects, a fast and dear tier (Expedited), reads by a
-- new identity soon after (objects_read).
-- Reads and writes of objects are data events: CloudTrail records them only where a trail was told to. Where no trail
-- was, the S3 access log (group s3_access) may know.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'bucketName',
                split_part(arn_part(resource_arns[1], 'resource'), '/', 1)) AS bucket,
       request_parameters->>'key' AS key,
       request_parameters->'RestoreRequest'->>'Days' AS days,
       coalesce(request_parameters->'RestoreRequest'->'GlacierJobParameters'->>'Tier',
                request_parameters->'RestoreRequest'->>'Tier') AS tier,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND event_name IN ('RestoreObject', 'PostObjectRestore')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
