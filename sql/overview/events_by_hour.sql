-- title: Events by hour
-- description: Counts the events of each hour, how many of them were writes, denied or failed, and how many identities and addresses made them.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Hours are those of UTC. The row without an hour counts events whose time cannot be read.
-- Suspicious: work at night, an hour with far more writes or denials than the others; an hour without events: see
-- coverage_gaps.

SELECT date_trunc('hour', event_time) AS hour,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(*) FILTER (WHERE outcome = 'error') AS errors,
       count(DISTINCT principal) AS principals,
       count(DISTINCT source_ip) AS source_ips,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_trunc('hour', event_time)
ORDER BY hour DESC NULLS LAST
