-- title: Objects fetched, then deleted
-- description: Lists identities that read objects of a bucket and on the same day deleted objects there: theft and destruction, or both for ransom.
-- severity: high
-- mitre: T1485, T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: reads integer = 3 -- The fewest objects read
-- param: deletions integer = 1 -- The fewest deletions tried
--
-- Expected: applications that move their own files. Suspicious: a person or a session that never worked with the
-- bucket, many bytes, a bucket with backups.
-- A row needs a deletion after the first read, on the same day (UTC). A bulk call is one deletion here, though it may
-- name a thousand keys.
-- Reads and writes of objects are data events: CloudTrail records them only where a trail was told to. Where no trail
-- was, the S3 access log (group s3_access) may know.

WITH calls AS (
  SELECT *,
         coalesce(request_parameters->>'bucketName',
                  split_part(arn_part(resource_arns[1], 'resource'), '/', 1)) AS bucket,
         TRY_CAST(additional_event_data->>'bytesTransferredOut' AS DOUBLE) AS bytes,
         event_name LIKE 'Delete%' AS deletes
  FROM cloudtrail
  WHERE event_source = 's3.amazonaws.com'
    AND event_name IN ('GetObject', 'GetObjectVersion', 'CopyObject', 'DeleteObject', 'DeleteObjects',
                       'DeleteMultipleObjects', 'DeleteObjectVersion')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT min(event_time) FILTER (WHERE NOT deletes) AS first_read,
       max(event_time) FILTER (WHERE deletes) AS last_deletion,
       account_id,
       principal,
       array_to_string(array_sort(array_agg(DISTINCT source_ip)), ', ') AS source_ips,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       bucket,
       count(*) FILTER (WHERE NOT deletes AND outcome = 'success') AS reads,
       coalesce(CAST(sum(bytes) FILTER (WHERE NOT deletes AND outcome = 'success') AS BIGINT), 0) AS bytes_out,
       count(*) FILTER (WHERE deletes AND outcome = 'success') AS deletions,
       count(*) FILTER (WHERE deletes AND outcome <> 'success') AS deletions_refused
FROM calls
GROUP BY date_bin(INTERVAL '1 day', event_time), account_id, principal, bucket
HAVING count(*) FILTER (WHERE NOT deletes AND outcome = 'success') >= $reads
   AND count(*) FILTER (WHERE deletes) >= $deletions
   AND max(event_time) FILTER (WHERE deletes) > min(event_time) FILTER (WHERE NOT deletes)
ORDER BY first_read DESC, principal, bucket
