-- title: Objects most used
-- description: Lists the objects with the most requests, by how many identities and addresses, and how many were refused.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: bucket text = NULL -- Only this bucket
-- param: most integer = 100 -- The most rows
--
-- Start here to see what a bucket is used for; then look for objects that only one identity or address asked for.
-- Reads and writes of objects are data events: CloudTrail records them only where a trail was told to. Where no trail
-- was, the S3 access log (group s3_access) may know.

SELECT account_id,
       coalesce(request_parameters->>'bucketName',
                split_part(arn_part(resource_arns[1], 'resource'), '/', 1)) AS bucket,
       request_parameters->>'key' AS key,
       count(*) AS requests,
       count(*) FILTER (WHERE outcome <> 'success') AS refused_or_failed,
       count(*) FILTER (WHERE read_only IS FALSE) AS writes,
       coalesce(CAST(sum(TRY_CAST(additional_event_data->>'bytesTransferredOut' AS DOUBLE)) AS BIGINT), 0) AS bytes_out,
       count(DISTINCT principal) AS principals,
       count(DISTINCT source_ip) AS source_ips,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names,
       max(event_time) AS last_event
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND management_event IS FALSE
  AND ($bucket IS NULL OR (request_parameters->>'bucketName') = $bucket)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY account_id, coalesce(request_parameters->>'bucketName',
                              split_part(arn_part(resource_arns[1], 'resource'), '/', 1)),
         request_parameters->>'key'
ORDER BY requests DESC, bucket, key, account_id
LIMIT $most
