-- title: Digests that are missing or do not hold
-- description: Lists each CloudTrail digest that the last check found missing, altered, out of place, unsigned or signed with an unknown key, with its hour.
-- severity: high
-- mitre: T1070, T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- `trailql verify` fills the table file_verdicts; before it has run, this is empty and says nothing.
-- The log files of such an hour cannot be proven: see unproven_log_files.
-- Expected: the newest digest of a copied bucket is unsigned, since copies lack the metadata; key_unknown until
-- `trailql keys fetch` or `keys import` has brought the keys. Suspicious: everything else.

SELECT start_time,
       end_time,
       account_id,
       aws_region,
       trail,
       verdict,
       detail,
       source_file,
       checked_at
FROM file_verdicts
WHERE kind = 'digest'
  AND verdict <> 'verified'
  AND ($since IS NULL OR end_time > $since)
  AND ($until IS NULL OR start_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY start_time, account_id, aws_region, trail, source_file
