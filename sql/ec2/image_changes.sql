-- title: Machine images made, copied or removed
-- description: Lists every attempt to make, copy, store, import or remove a machine image.
-- severity: low
-- mitre: T1578, T1485, T1525
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- An image of a running instance holds its disks, memory of secrets included. DeregisterImage takes away what new
-- instances start from.
-- Expected: an image factory, backup services. Suspicious: CreateImage of a server by a person, copies to a region you
-- do not use, several removed in a row.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('CreateImage', 'CopyImage', 'RegisterImage', 'ImportImage', 'DeregisterImage', 'DisableImage',
                       'EnableImage', 'EnableImageDeprecation', 'RestoreImageFromRecycleBin',
                       'CreateRestoreImageTask', 'DisableImageDeregistrationProtection')
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
       coalesce(asked->>'imageId', asked->>'ImageId', answered->>'imageId') AS image_id,
       coalesce(asked->>'name', asked->>'Name') AS image_name,
       coalesce(asked->>'instanceId', asked->>'sourceImageId', asked->>'SourceImageId',
                asked->'blockDeviceMapping'->'items'->0->'ebs'->>'snapshotId', asked->>'ObjectKey') AS made_from,
       coalesce(asked->>'sourceRegion', asked->>'SourceRegion') AS from_region,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
