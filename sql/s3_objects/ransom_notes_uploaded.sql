-- title: Files uploaded that look like ransom notes
-- description: Lists uploads whose names are those of ransom notes or of files that extortionists leave behind.
-- severity: high
-- mitre: T1486, T1657
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A name is a clue, not a proof: read the object. Expected: manuals that happen to be called so.
-- Suspicious: a note at the top of a bucket, in several buckets, after deletions (objects_deleted) or foreign
-- encryption (objects_encrypted_with_foreign_keys).
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
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND event_name IN ('PutObject', 'CopyObject', 'CreateMultipartUpload', 'InitiateMultipartUpload', 'PostObject')
  AND regexp_like(coalesce(request_parameters->>'key', arn_part(resource_arns[1], 'resource')),
    '(ransom|decrypt|unlock[-_. ]?(your|my|files)|(restore|recover)[-_. ]?(your|my|files|data)'
    || '|how[-_. ]?to[-_. ]?(get|restore|recover|pay|back)|(your|all)[-_. ]?(files|data)[-_. ]?(are|were|have|is|has)'
    || '|read[-_. ]?(this|it)[-_. ]?(now|first|file)|warning[^/]*readme'
    || '|readme[-_. ]?(now|please|important)|\.(locked|lockbit|encrypted|crypted?|enc)$)', 'i')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
