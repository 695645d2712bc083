-- title: Calls across accounts without their other half
-- description: Lists calls from one of your accounts into another whose copy in the caller's own account is not in the log, though it should be.
-- severity: medium
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A call across accounts is recorded in both under one shared_event_id. Only accounts whose log is in the lake around
-- that time are looked at. The caller's own copy names the key and the user in full: without it the trail of an
-- attacker ends here.
-- Expected: services that record in one account only; a trail without management events.
-- Suspicious: the caller's log was stopped, narrowed or deleted: see trail_changes and coverage_gaps there.

WITH halves AS (
  SELECT shared_event_id, count(DISTINCT account_id) AS accounts
  FROM cloudtrail
  WHERE shared_event_id IS NOT NULL
  GROUP BY shared_event_id
),
spans AS (
  SELECT account_id, min(event_time) AS first_event, max(event_time) AS last_event
  FROM cloudtrail
  GROUP BY account_id
)
SELECT calls.event_time,
       calls.account_id,
       calls.aws_region,
       calls.user_account_id AS account_without_copy,
       calls.principal,
       calls.source_ip,
       calls.access_key_id,
       calls.event_source,
       calls.event_name,
       calls.resource_arns,
       calls.outcome,
       calls.error_code,
       calls.shared_event_id,
       calls.event_id
FROM cloudtrail AS calls
JOIN halves ON halves.shared_event_id = calls.shared_event_id AND halves.accounts = 1
JOIN spans ON spans.account_id = calls.user_account_id
  AND calls.event_time BETWEEN spans.first_event AND spans.last_event
WHERE calls.user_account_id <> calls.account_id
  AND coalesce(calls.event_category, 'Management') = 'Management'
  AND ($since IS NULL OR calls.event_time >= $since)
  AND ($until IS NULL OR calls.event_time < $until)
  AND ($account IS NULL OR calls.account_id = $account)
  AND ($region IS NULL OR calls.aws_region = $region)
ORDER BY calls.event_time DESC, calls.event_id
