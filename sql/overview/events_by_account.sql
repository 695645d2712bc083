-- title: Events by account
-- description: Counts the events of each account, with its regions, identities and addresses, and when the log of it begins and ends.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Compare with the list of your accounts: one that is missing has no trail, or its log is not in this lake.
-- Suspicious: an account you do not know, one whose last_event lies back: see silent_regions.

SELECT account_id,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(*) FILTER (WHERE outcome = 'error') AS errors,
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
GROUP BY account_id
ORDER BY events DESC, account_id NULLS LAST
