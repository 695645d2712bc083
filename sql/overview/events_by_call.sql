-- title: Events by call
-- description: Counts each kind of call: how often it worked, was denied or failed, and by how many identities.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The rarest calls are at the end, and often the telling ones. Turn the order: SELECT * FROM reports.events_by_call
-- ORDER BY events.

SELECT event_source,
       event_name,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(*) FILTER (WHERE outcome = 'error') AS errors,
       count(DISTINCT account_id) AS accounts,
       count(DISTINCT principal) AS principals,
       count(DISTINCT source_ip) AS source_ips,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY event_source, event_name
ORDER BY events DESC, event_source NULLS LAST, event_name NULLS LAST
