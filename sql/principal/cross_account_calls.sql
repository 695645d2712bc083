-- title: Calls from other accounts
-- description: Sums up who of other accounts worked in yours: from where, with how many calls, changes and refusals.
-- severity: low
-- mitre: T1199, T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: unknown_only boolean = false -- Only accounts whose own logs are not in the lake
--
-- known_account tells whether the lake holds events of the caller's account: if so, it is most likely yours.
-- Expected: your other accounts, vendors who were let in. Suspicious: an account nobody knows, changes and reads of
-- data from it, a first_time on the day of the incident. anonymous is everybody.

WITH ours AS (
  SELECT DISTINCT account_id AS known
  FROM cloudtrail
  WHERE account_id = user_account_id
)
SELECT calls.account_id,
       calls.user_account_id AS from_account,
       ours.known IS NOT NULL AS known_account,
       calls.principal,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(calls.event_name, calls.read_only)) AS writes,
       count(*) FILTER (WHERE calls.outcome = 'denied') AS denied,
       array_to_string(array_sort(array_agg(DISTINCT calls.event_name)), ', ') AS event_names,
       array_to_string(array_sort(array_agg(DISTINCT calls.source_ip)), ', ') AS source_ips,
       min(calls.event_time) AS first_time,
       max(calls.event_time) AS last_time
FROM (
  SELECT *
  FROM cloudtrail
  WHERE user_account_id <> account_id
    AND user_account_id <> ''
    AND NOT is_aws_service(coalesce(principal, ''))
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
) AS calls
LEFT JOIN ours ON ours.known = calls.user_account_id
WHERE NOT $unknown_only OR ours.known IS NULL
GROUP BY calls.account_id, calls.user_account_id, ours.known, calls.principal
ORDER BY calls.account_id, known_account, events DESC, from_account, calls.principal
