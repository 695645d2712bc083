-- title: Accounts and regions that fell silent
-- description: Lists accounts and regions whose events end long before those of the others, so that a trail may have been stopped there.
-- severity: medium
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: longer_than interval = '1 day' -- How long before the end of the lake the last event must lie
-- param: at_least integer = 20 -- The fewest events that an account and region must have had
--
-- last_event_name is the last thing that was recorded: StopLogging or DeleteTrail there answers the question.
-- Expected: an account that was closed, a region that was left. Suspicious: all regions of one account end within
-- minutes of each other.
-- A region that has few events is left out; lower at_least to see it.

WITH ends AS (
  SELECT account_id,
         aws_region,
         count(*) AS events,
         min(event_time) AS first_event,
         max(event_time) AS last_event,
         last_value(event_name ORDER BY event_time, event_id) AS last_event_name,
         last_value(principal ORDER BY event_time, event_id) AS last_principal
  FROM cloudtrail
  WHERE event_time IS NOT NULL
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY account_id, aws_region
),
compared AS (
  SELECT *, max(last_event) OVER () AS end_of_lake FROM ends
)
SELECT last_event,
       account_id,
       aws_region,
       round((date_part('epoch', end_of_lake) - date_part('epoch', last_event)) / 3600, 1) AS silent_hours,
       last_event_name,
       last_principal,
       events,
       first_event,
       end_of_lake
FROM compared
WHERE end_of_lake >= last_event + $longer_than
  AND events >= $at_least
ORDER BY events DESC, account_id, aws_region
