-- title: Unencrypted disks and snapshots
-- description: Lists each volume and snapshot that was made without encryption.
-- severity: low
-- mitre: T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Only the answer of EC2 tells whether a disk is encrypted, so a call that failed is here only if it asks for no
-- encryption in so many words. Disks of launches are not here.
-- Expected: accounts without default encryption. Suspicious: in an account where everything else is encrypted, because
-- only what is unencrypted, or under a shared key, can be shared.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(response_elements->>'snapshotId', response_elements->>'volumeId') AS disk,
       coalesce(request_parameters->>'volumeId', request_parameters->>'snapshotId',
                request_parameters->>'sourceSnapshotId') AS made_from,
       coalesce(response_elements->>'volumeSize', response_elements->>'size') AS gigabytes,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'ec2.amazonaws.com'
  AND event_name IN ('CreateSnapshot', 'CreateVolume', 'CopySnapshot', 'ImportSnapshot')
  AND coalesce(response_elements->>'encrypted', request_parameters->>'encrypted') = 'false'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
