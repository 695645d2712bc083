-- title: What AWS did on its own
-- description: Counts events that AWS services recorded without a call: key rotation, spot instances taken back, snapshots copied by others, and more.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- These have no caller; the details are in service_event_details of the table cloudtrail.
-- Expected: rotation, upgrades, Control Tower. Suspicious: SharedSnapshotCopyInitiated and
-- SharedSnapshotVolumeCreated (somebody else uses your snapshot), DeleteKey (a KMS key is gone for good).

SELECT event_source,
       event_name,
       account_id,
       aws_region,
       count(*) AS events,
       count(*) FILTER (WHERE outcome <> 'success') AS failed,
       min(service_event_details) AS example_details,
       min(event_time) AS first_event,
       max(event_time) AS last_event,
       first_value(event_id ORDER BY event_time DESC, event_id) AS last_event_id
FROM cloudtrail
WHERE event_type = 'AwsServiceEvent'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY event_source, event_name, account_id, aws_region
ORDER BY events DESC, event_source, event_name, account_id, aws_region
