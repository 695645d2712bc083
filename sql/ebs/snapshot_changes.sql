-- title: EBS snapshots made, copied or deleted
-- description: Lists every attempt to make, copy, delete, lock or restore a disk snapshot, and each use of a shared one.
-- severity: low
-- mitre: T1578.001, T1490
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- SharedSnapshotCopyInitiated and SharedSnapshotVolumeCreated are sent by EC2 when a shared snapshot is used: see
-- shared_snapshots_used.
-- Expected: backup services, on their schedule. Suspicious: snapshots of a disk by a person just before it is shared,
-- many deletions in a row, UnlockSnapshot.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('CreateSnapshot', 'CreateSnapshots', 'CopySnapshot', 'DeleteSnapshot', 'LockSnapshot',
                       'UnlockSnapshot', 'ImportSnapshot', 'ModifySnapshotTier', 'RestoreSnapshotTier',
                       'RestoreSnapshotFromRecycleBin', 'SharedSnapshotCopyInitiated', 'SharedSnapshotVolumeCreated')
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
       coalesce(asked->>'snapshotId', asked->>'SnapshotId', answered->>'snapshotId',
                service_event_details->>'snapshotId') AS snapshot_id,
       coalesce(asked->>'volumeId', asked->>'sourceSnapshotId', asked->>'SourceSnapshotId',
                asked->'InstanceSpecification'->>'InstanceId') AS made_from,
       coalesce(asked->>'sourceRegion', asked->>'SourceRegion') AS from_region,
       answered->>'encrypted' AS encrypted,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
