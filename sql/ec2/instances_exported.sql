-- title: Instances and images exported
-- description: Lists every attempt to write an instance or an image as a file into a bucket, from where it can be carried away.
-- severity: high
-- mitre: T1537, T1005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: a migration that somebody announced. Suspicious: everything else; look whose bucket it is.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('CreateInstanceExportTask', 'ExportImage', 'CreateStoreImageTask', 'CancelExportTask')
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
       coalesce(asked->>'instanceId', asked->>'imageId', asked->>'ImageId', asked->>'InstanceId') AS exported,
       coalesce(asked->'exportToS3'->>'s3Bucket', asked->'ExportToS3'->>'S3Bucket',
                asked->'S3ExportLocation'->>'S3Bucket',
                asked->'s3ExportLocation'->>'s3Bucket', asked->>'Bucket', asked->>'bucket') AS bucket,
       coalesce(asked->'exportToS3'->>'diskImageFormat', asked->>'DiskImageFormat',
                asked->>'diskImageFormat') AS format,
       coalesce(answered->'exportTask'->>'exportTaskId', answered->>'exportImageTaskId', asked->>'exportTaskId',
                answered->>'objectKey') AS task,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
