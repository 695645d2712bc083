-- title: Accounts and regions that fell silent
-- description: Lists accounts and regions whose last event lies long before the end of the log, though they had many events before.
-- severity: medium
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: silence interval = '2 days' -- How long before the end of the log an account must have fallen silent
-- param: at_least integer = 10 -- The fewest events that an account and region must have had
--
-- The log of a silent account may have been stopped, moved or deleted, or is no longer ingested.
-- Expected: an account that was closed, a region that is used now and then (few events_a_day).
-- Suspicious: last_call stops or changes a trail, or many regions of one account end at the same time.

WITH ends AS (
  SELECT max(event_time) AS end_of_log
  FROM cloudtrail
  WHERE ($until IS NULL OR event_time < $until)
),
seen AS (
  SELECT account_id,
         aws_region,
         min(event_time) AS first_event,
         max(event_time) AS last_event,
         count(*) AS events,
         count(DISTINCT event_date) AS days,
         first_value(event_name ORDER BY event_time DESC, event_id) AS last_call,
         first_value(principal ORDER BY event_time DESC, event_id) AS last_principal,
         first_value(event_id ORDER BY event_time DESC, event_id) AS last_event_id
  FROM cloudtrail
  WHERE event_time IS NOT NULL
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY account_id, aws_region
)
SELECT last_event,
       account_id,
       aws_region,
       round((date_part('epoch', end_of_log) - date_part('epoch', last_event)) / 86400, 1) AS silent_days,
       events,
       round(CAST(events AS DOUBLE) / days, 1) AS events_a_day,
       first_event,
       last_call,
       last_principal,
       last_event_id
FROM seen
CROSS JOIN ends
WHERE last_event < end_of_log - $silence
  AND events >= $at_least
ORDER BY last_event DESC, account_id, aws_region
