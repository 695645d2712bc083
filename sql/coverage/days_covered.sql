-- title: Days covered by the log
-- description: Shows for each account and region from which day to which day there are events, and how many days between have none.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The first thing an auditor asks: what does the log cover? Days are those of UTC.
-- Expected: no missing days in the regions you work in; many in regions you do not use.
-- Suspicious: missing days in an account that works every day: see coverage_gaps.

SELECT account_id,
       aws_region,
       min(event_date) AS first_day,
       max(event_date) AS last_day,
       count(DISTINCT event_date) AS days_with_events,
       CAST((date_part('epoch', max(event_date)) - date_part('epoch', min(event_date))) / 86400 AS BIGINT) + 1
         - count(DISTINCT event_date) AS days_without,
       count(*) AS events,
       count(DISTINCT source_file) AS files
FROM cloudtrail
WHERE event_date IS NOT NULL
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY account_id, aws_region
ORDER BY account_id, events DESC, aws_region
