-- title: EBS snapshots shared
-- description: Lists every attempt to give another account, or everybody, the right to copy a disk snapshot.
-- severity: high
-- mitre: T1537
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- One row for each account or group of a call. shared_with "all" is everybody in the world. Whoever may make a volume
-- of it has all that is on the disk.
-- Expected: backups that are shared with your own accounts. Suspicious: an account that is none of yours, "all",
-- shared and taken back within minutes (the copy remains: shared_snapshots_used tells that it was made).
-- Rows without a change are calls whose parameters the log left out.

WITH calls AS (
  SELECT *,
         json_get_array(request_parameters, 'createVolumePermission', 'add', 'items') AS added,
         json_get_array(request_parameters, 'createVolumePermission', 'remove', 'items') AS removed
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('ModifySnapshotAttribute', 'ResetSnapshotAttribute')
    -- Other attributes, as product codes, share nothing.
    AND (json_contains(request_parameters, 'createVolumePermission')
         OR coalesce(request_parameters->>'attributeType', request_parameters->>'attribute')
            IN ('createVolumePermission', 'CREATE_VOLUME_PERMISSION')
         OR (request_parameters IS NULL OR (request_parameters->>'omitted') = 'true'))
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
permissions AS (
  -- A call that names nobody stays: NULL and empty lists would lose it.
  SELECT *, 'shared' AS change, unnest(added) AS item FROM calls WHERE cardinality(added) > 0
  UNION ALL
  SELECT *, 'no longer shared', unnest(removed) FROM calls WHERE cardinality(removed) > 0
  UNION ALL
  SELECT *, CASE event_name WHEN 'ResetSnapshotAttribute' THEN 'no longer shared' END, NULL
  FROM calls
  WHERE coalesce(cardinality(added), 0) = 0 AND coalesce(cardinality(removed), 0) = 0
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'snapshotId' AS snapshot_id,
       change,
       coalesce(item->>'userId', item->>'group', item->>'organizationArn',
                item->>'organizationalUnitArn') AS shared_with,
       CASE WHEN item IS NOT NULL THEN coalesce((item->>'group') = 'all', false) END AS public,
       outcome,
       error_code,
       event_id
FROM permissions
ORDER BY event_time DESC, event_id, change, shared_with
