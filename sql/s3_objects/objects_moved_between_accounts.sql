-- title: Objects moved between accounts
-- description: Lists objects that an identity of yours wrote to a bucket of another account, or that another account took from a bucket of yours.
-- severity: high
-- mitre: T1537, T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Where CloudTrail says whose the bucket is. written to another account: the data left. read by another account: a
-- policy or list of yours let them.
-- Expected: your own other accounts, vendors under contract. Suspicious: accounts you do not know, copies of whole
-- folders.
-- AWS services that fetch for you are left out. Reads and writes of objects are data events: CloudTrail records them
-- only where a trail was told to. Where no trail was, the S3 access log (group s3_access) may know.

WITH calls AS (
  SELECT *,
         coalesce(request_parameters->>'bucketName',
                  split_part(arn_part(resource_arns[1], 'resource'), '/', 1)) AS bucket,
         unnest(json_get_array(resources)) AS item
  FROM cloudtrail
  WHERE event_source = 's3.amazonaws.com'
    AND event_name IN ('GetObject', 'GetObjectVersion', 'CopyObject', 'PutObject', 'UploadPart', 'UploadPartCopy',
                       'CreateMultipartUpload', 'InitiateMultipartUpload')
    AND NOT coalesce(is_aws_service(source_ip) OR is_aws_service(principal), false)
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
owned AS (
  SELECT *, item->>'accountId' AS bucket_account
  FROM calls
  WHERE (item->>'ARN') = 'arn:aws:s3:::' || bucket
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       user_account_id AS caller_account,
       bucket,
       bucket_account,
       request_parameters->>'key' AS key,
       coalesce(request_parameters->>'x-amz-copy-source', request_parameters->>'X-Amz-Copy-Source') AS copied_from,
       CASE
         WHEN event_name LIKE 'Get%' AND bucket_account = account_id THEN 'read by another account'
         WHEN event_name LIKE 'Get%' THEN 'read from another account'
         WHEN bucket_account = account_id THEN 'written by another account'
         ELSE 'written to another account'
       END AS movement,
       outcome,
       error_code,
       event_id
FROM owned
WHERE bucket_account <> user_account_id
  AND user_account_id <> 'ANONYMOUS_PRINCIPAL'
ORDER BY event_time DESC, event_id
