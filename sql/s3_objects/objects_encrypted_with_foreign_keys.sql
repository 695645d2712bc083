-- title: Objects encrypted with a key that is not yours
-- description: Lists objects written with a key that the caller brought along, or with a KMS key of another account, as extortionists do.
-- severity: high
-- mitre: T1486
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- AWS does not keep a key that the caller brings along (SSE-C): who loses it, or does not have it, loses the object.
-- With a KMS key of another account, that account decides who may read.
-- Expected: the few applications that are built with such keys. Suspicious: everything else, above all copies of an
-- object over itself, followed by deletions (objects_deleted) and a note (ransom_notes_uploaded).
-- Reads and writes of objects are data events: CloudTrail records them only where a trail was told to. Where no trail
-- was, the S3 access log (group s3_access) may know.

WITH writes AS (
  SELECT *,
         request_parameters->>'x-amz-server-side-encryption-aws-kms-key-id' AS kms_key,
         (request_parameters->>'x-amz-server-side-encryption-customer-algorithm') IS NOT NULL
           OR coalesce((additional_event_data->>'SSEApplied') = 'SSE_C', false) AS own_key,
         coalesce(request_parameters->>'x-amz-copy-source', request_parameters->>'X-Amz-Copy-Source') AS copied_from
  FROM cloudtrail
  WHERE event_source = 's3.amazonaws.com'
    AND event_name IN ('PutObject', 'CopyObject', 'CreateMultipartUpload', 'InitiateMultipartUpload', 'UploadPart',
                       'UploadPartCopy', 'CompleteMultipartUpload')
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
       coalesce(request_parameters->>'bucketName',
                split_part(arn_part(resource_arns[1], 'resource'), '/', 1)) AS bucket,
       request_parameters->>'key' AS key,
       copied_from,
       CASE WHEN own_key THEN 'brought along (SSE-C)' ELSE 'KMS key of ' || arn_part(kms_key, 'account') END
         AS encrypted_with,
       kms_key,
       outcome,
       error_code,
       event_id
FROM writes
WHERE own_key OR arn_part(kms_key, 'account') <> account_id
ORDER BY event_time DESC, event_id
