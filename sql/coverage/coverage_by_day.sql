-- title: What the lake covers, day by day
-- description: Shows for each day, account and region how many events there are, in how many of the 24 hours, and from how many files.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Read it before you say that something did not happen: a day that is missing here proves nothing.
-- Expected: a steady number of files (CloudTrail delivers about every five minutes where something happens).
-- Suspicious: a day with fewer hours than its neighbours, a region that ends. See coverage_gaps and silent_regions.
-- Days and hours are those of UTC. The first and the last day are rarely whole.

SELECT event_date,
       account_id,
       aws_region,
       count(*) AS events,
       count(DISTINCT date_trunc('hour', event_time)) AS hours_with_events,
       count(DISTINCT source_file) AS files,
       count(*) FILTER (WHERE event_category = 'Data') AS data_events,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY event_date, account_id, aws_region
ORDER BY event_date DESC NULLS LAST, account_id, aws_region
