-- title: Times when logging or validation was off
-- description: Lists each time between two chains of digests, when a trail did not log or did not sign what it logged.
-- severity: high
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- `trailql verify` fills the table file_verdicts. A new chain begins when logging or validation is switched on again;
-- who switched it off is in trail_changes.
-- Expected: a change that was announced. Suspicious: a gap around anything else that is investigated.

SELECT start_time,
       end_time,
       round((date_part('epoch', end_time) - date_part('epoch', start_time)) / 3600, 1) AS hours,
       account_id,
       aws_region,
       trail,
       detail,
       checked_at
FROM file_verdicts
WHERE kind = 'chain'
  AND ($since IS NULL OR end_time > $since)
  AND ($until IS NULL OR start_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY start_time, account_id, aws_region, trail
