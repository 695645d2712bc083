-- title: Objects deleted
-- description: Counts, by identity, bucket and hour, the objects and versions somebody deleted or tried to delete.
-- severity: medium
-- mitre: T1485, T1490
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which calls are counted together
-- param: at_least integer = 1 -- The fewest calls in that time
--
-- With versioning on, a plain deletion only hides the object; version_deletions destroy it. A bulk call names up to a
-- thousand keys, which it does not list: how many is unknown here, and known to the S3 access log
-- (BATCH.DELETE.OBJECT).
-- Expected: applications that tidy up, lifecycle rules (by S3, not listed). Suspicious: a person, a bucket with
-- backups or logs, versions, deletions after reads (downloads_then_deletions).
-- Reads and writes of objects are data events: CloudTrail records them only where a trail was told to. Where no trail
-- was, the S3 access log (group s3_access) may know.

SELECT min(event_time) AS first_event,
       max(event_time) AS last_event,
       account_id,
       principal,
       source_ip,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       coalesce(request_parameters->>'bucketName',
                split_part(arn_part(resource_arns[1], 'resource'), '/', 1)) AS bucket,
       count(*) FILTER (WHERE event_name = 'DeleteObject' AND (request_parameters->>'versionId') IS NULL
                              AND outcome = 'success') AS deletions,
       count(*) FILTER (WHERE (event_name = 'DeleteObjectVersion' OR (request_parameters->>'versionId') IS NOT NULL)
                              AND outcome = 'success') AS version_deletions,
       count(*) FILTER (WHERE event_name IN ('DeleteObjects', 'DeleteMultipleObjects') AND outcome = 'success')
         AS bulk_calls,
       count(*) FILTER (WHERE outcome <> 'success') AS refused_or_failed,
       min(request_parameters->>'key') AS first_key,
       max(request_parameters->>'key') AS last_key
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND event_name IN ('DeleteObject', 'DeleteObjects', 'DeleteMultipleObjects', 'DeleteObjectVersion')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, principal, source_ip,
         coalesce(request_parameters->>'bucketName',
                  split_part(arn_part(resource_arns[1], 'resource'), '/', 1))
HAVING count(*) >= $at_least
ORDER BY first_event DESC, principal, source_ip, bucket
