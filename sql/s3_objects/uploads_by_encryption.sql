-- title: How uploads are encrypted
-- description: Counts the uploads to each bucket by the kind of encryption that S3 applied.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Default_SSE_S3 and Default_SSE_KMS come from the bucket's setting, SSE_S3 and SSE_KMS from the request, SSE_C is a
-- key that the caller brought along (objects_encrypted_with_foreign_keys). none: CloudTrail does not say; uploads
-- before 2023 were plain.
-- Reads and writes of objects are data events: CloudTrail records them only where a trail was told to. Where no trail
-- was, the S3 access log (group s3_access) may know.

SELECT account_id,
       coalesce(request_parameters->>'bucketName',
                split_part(arn_part(resource_arns[1], 'resource'), '/', 1)) AS bucket,
       coalesce(additional_event_data->>'SSEApplied', 'none') AS encryption,
       count(*) AS uploads,
       count(*) FILTER (WHERE outcome <> 'success') AS refused_or_failed,
       count(DISTINCT principal) AS principals,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND event_name IN ('PutObject', 'CopyObject', 'CreateMultipartUpload', 'InitiateMultipartUpload', 'PostObject')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY account_id, coalesce(request_parameters->>'bucketName',
                              split_part(arn_part(resource_arns[1], 'resource'), '/', 1)),
         coalesce(additional_event_data->>'SSEApplied', 'none')
ORDER BY bucket, encryption, account_id
