-- title: Log files that were altered, removed or planted
-- description: Lists each log file whose bytes differ from what its digest says, that is missing, or that no digest of its time names.
-- severity: critical
-- mitre: T1070, T1565.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- `trailql verify` fills the table file_verdicts; before it has run, this is empty and says nothing.
-- Expected: missing, where only a part of the bucket was ingested. Suspicious: altered and not_in_any_digest always;
-- altered_later, since CloudTrail never writes a file twice.

SELECT start_time AS delivered_at,
       account_id,
       aws_region,
       verdict,
       detail,
       source_file,
       digest,
       checked_at
FROM file_verdicts
WHERE kind = 'log'
  AND verdict IN ('altered', 'altered_later', 'missing', 'not_in_any_digest', 'unread')
  AND ($since IS NULL OR start_time >= $since)
  AND ($until IS NULL OR start_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY start_time, account_id, aws_region, source_file, verdict
