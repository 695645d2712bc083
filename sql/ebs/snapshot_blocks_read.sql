-- title: Snapshots read block by block
-- description: Lists who read the content of disk snapshots directly, without making a volume, how many blocks, and how often it was refused.
-- severity: high
-- mitre: T1530, T1005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which reads are counted together
--
-- These are data events: they are only in the log if a trail records EBS direct APIs.
-- Expected: a backup product. Suspicious: everything else; nothing has to be shared or launched to carry a disk away
-- like this.

SELECT min(event_time) AS first_read,
       max(event_time) AS last_read,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       coalesce(request_parameters->>'snapshotId', request_parameters->>'secondSnapshotId') AS snapshot_id,
       count(*) FILTER (WHERE event_name LIKE 'List%') AS lists,
       count(*) FILTER (WHERE event_name = 'GetSnapshotBlock' AND outcome = 'success') AS blocks_read,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       array_to_string(array_sort(array_agg(DISTINCT error_code)), ', ') AS error_codes,
       min(event_id) AS an_event_id
FROM cloudtrail
WHERE event_source = 'ebs.amazonaws.com'
  AND event_name IN ('ListSnapshotBlocks', 'ListChangedBlocks', 'GetSnapshotBlock')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, aws_region, principal, session_name, source_ip, access_key_id,
         snapshot_id
ORDER BY first_read DESC, principal, session_name, source_ip, access_key_id, snapshot_id
