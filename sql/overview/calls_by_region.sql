-- title: Calls by region
-- description: Counts each kind of call in each region: what is done where.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Suspicious: RunInstances, CreateFunction or CreateCluster in a region where nothing else is made.

SELECT aws_region,
       event_source,
       event_name,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(*) FILTER (WHERE outcome = 'error') AS errors,
       count(DISTINCT principal) AS principals,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY aws_region, event_source, event_name
ORDER BY aws_region, events DESC, event_source, event_name
