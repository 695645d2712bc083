-- title: Shared snapshots used
-- description: Lists each time a shared snapshot was copied or made into a disk, by which account, and who had shared it.
-- severity: medium
-- mitre: T1537
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- EC2 sends these events to the owner of the snapshot and to the account that uses it. used_by is the account that EC2
-- names; shared_at is the last time before that the snapshot was shared in an account of this lake, shared_with with
-- whom in that call.
-- Expected: your own launches from images of others (used_by is the account itself, shared_at is empty), backups that
-- another account of yours takes.
-- Suspicious: used_by is none of yours, or shared_at is set by a person who never shares: the data has left.

WITH used AS (
  SELECT *, coalesce(service_event_details->>'snapshotId', request_parameters->>'snapshotId') AS snapshot_id
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('SharedSnapshotCopyInitiated', 'SharedSnapshotVolumeCreated')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
shared AS (
  SELECT event_time AS at,
         event_id AS by_event,
         principal AS by_principal,
         request_parameters->>'snapshotId' AS of_snapshot,
         array_to_string(json_get_array(request_parameters, 'createVolumePermission', 'add', 'items'),
                         ', ') AS with_whom
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name = 'ModifySnapshotAttribute'
    AND outcome = 'success'
    AND json_contains(request_parameters, 'createVolumePermission', 'add')
)
SELECT event_time,
       account_id,
       aws_region,
       event_name,
       snapshot_id,
       user_account_id AS used_by,
       max(at) AS shared_at,
       last_value(by_principal ORDER BY at, by_event) AS shared_by,
       last_value(with_whom ORDER BY at, by_event) AS shared_with,
       last_value(by_event ORDER BY at, by_event) AS sharing_event_id,
       outcome,
       error_code,
       shared_event_id,
       event_id
FROM used
LEFT JOIN shared
  ON of_snapshot = snapshot_id
 AND at <= event_time
GROUP BY source_file, source_index, event_time, account_id, aws_region, event_name, snapshot_id, user_account_id,
         outcome, error_code, shared_event_id, event_id
ORDER BY event_time DESC, event_id
