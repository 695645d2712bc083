-- title: EBS volumes made, attached or deleted
-- description: Lists every attempt to make, attach, detach, alter or delete a disk.
-- severity: low
-- mitre: T1578.001, T1485, T1074
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A disk that is detached from one instance and attached to another is read there, past all that guards the first.
-- Expected: auto scaling, containers (the EBS driver), infrastructure code.
-- Suspicious: a volume made from a snapshot and attached to an instance of the same person, deletions in a row.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('CreateVolume', 'AttachVolume', 'DetachVolume', 'DeleteVolume', 'ModifyVolume',
                       'ModifyVolumeAttribute', 'RestoreVolumeFromRecycleBin', 'CreateReplaceRootVolumeTask')
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
       coalesce(asked->>'volumeId', asked->>'VolumeId', answered->>'volumeId') AS volume_id,
       coalesce(asked->>'instanceId', asked->>'InstanceId', answered->>'instanceId') AS instance_id,
       coalesce(asked->>'snapshotId', asked->>'SnapshotId') AS from_snapshot,
       coalesce(asked->>'device', answered->>'device') AS device,
       coalesce(asked->>'size', asked->>'Size', answered->>'size') AS gigabytes,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
