-- title: Buckets and objects used by an access key
-- description: Sums up, for one access key, in which buckets it did what, to how many objects and with how many bytes.
-- severity: info
-- mitre: T1530
-- param: key text -- The access key id
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The question after a key was stolen: which data was touched. For the single objects: objects_read, objects_deleted.
-- Reads and writes of objects are data events: CloudTrail records them only where a trail was told to. Where no trail
-- was, the S3 access log (group s3_access) may know.

SELECT coalesce(request_parameters->>'bucketName',
                split_part(arn_part(resource_arns[1], 'resource'), '/', 1)) AS bucket,
       event_name,
       outcome,
       count(*) AS calls,
       count(DISTINCT request_parameters->>'key') AS objects,
       coalesce(CAST(sum(TRY_CAST(additional_event_data->>'bytesTransferredOut' AS DOUBLE)) AS BIGINT), 0) AS bytes_out,
       coalesce(CAST(sum(TRY_CAST(additional_event_data->>'bytesTransferredIn' AS DOUBLE)) AS BIGINT), 0) AS bytes_in,
       min(event_time) AS first_event,
       max(event_time) AS last_event,
       array_to_string(array_sort(array_agg(DISTINCT source_ip)), ', ') AS source_ips
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND access_key_id = $key
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY coalesce(request_parameters->>'bucketName',
                  split_part(arn_part(resource_arns[1], 'resource'), '/', 1)), event_name, outcome
ORDER BY calls DESC, bucket, event_name, outcome
