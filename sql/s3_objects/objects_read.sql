-- title: Objects read
-- description: Lists who read or copied which object, how many bytes went out, and through which kind of signature.
-- severity: info
-- mitre: T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: bucket text = NULL -- Only objects of this bucket
--
-- bytes_out is what S3 sent. signed_by QueryString is a presigned URL: the key belongs to whoever signed it, the
-- address to whoever used it. A copy reads its source, which stands under copied_from.
-- Reads and writes of objects are data events: CloudTrail records them only where a trail was told to. Where no trail
-- was, the S3 access log (group s3_access) may know.
-- Expected: applications, day and night. Narrow by bucket, then look for people, new addresses and sizes
-- (large_downloads).

WITH reads AS (
  SELECT *,
         coalesce(request_parameters->>'bucketName',
                  split_part(arn_part(resource_arns[1], 'resource'), '/', 1)) AS bucket,
         coalesce(request_parameters->>'x-amz-copy-source', request_parameters->>'X-Amz-Copy-Source') AS copied_from
  FROM cloudtrail
  WHERE event_source = 's3.amazonaws.com'
    AND event_name IN ('GetObject', 'GetObjectVersion', 'SelectObjectContent', 'GetObjectTorrent', 'CopyObject',
                       'UploadPartCopy')
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
       bucket,
       request_parameters->>'key' AS key,
       request_parameters->>'versionId' AS version_id,
       copied_from,
       CAST(TRY_CAST(additional_event_data->>'bytesTransferredOut' AS DOUBLE) AS BIGINT) AS bytes_out,
       additional_event_data->>'AuthenticationMethod' AS signed_by,
       outcome,
       error_code,
       event_id
FROM reads
WHERE $bucket IS NULL OR bucket = $bucket OR starts_with(trim(LEADING '/' FROM copied_from), $bucket || '/')
ORDER BY event_time DESC, event_id
