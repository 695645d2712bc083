-- title: Events by day
-- description: Counts the events of each day, how many of them were writes, denied or failed, and how many identities and addresses made them.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Start here: it shows where the lake begins and ends, days without events, and days unlike the others.
-- Days are those of UTC. The row without a day counts events whose time cannot be read.

SELECT event_date,
       count(*) AS events,
       count(*) FILTER (WHERE read_only IS FALSE) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(*) FILTER (WHERE outcome = 'error') AS errors,
       count(DISTINCT account_id) AS accounts,
       count(DISTINCT aws_region) AS regions,
       count(DISTINCT principal) AS principals,
       count(DISTINCT source_ip) AS source_ips,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY event_date
ORDER BY event_date DESC NULLS LAST
