-- title: Events by identity
-- description: Counts the events of each identity that is no AWS service: writes, denials, addresses, keys and services.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Sessions are counted under their role. The row without a principal counts events that do not say who acted.
-- Suspicious: an identity with many denials, many addresses, or a single burst of events. Next: user_activity.

SELECT principal,
       account_id,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(*) FILTER (WHERE outcome = 'error') AS errors,
       count(DISTINCT aws_region) AS regions,
       count(DISTINCT source_ip) AS source_ips,
       count(DISTINCT access_key_id) AS access_keys,
       count(DISTINCT event_source) AS services,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE coalesce(principal_kind(coalesce(principal, principal_type, '')), '') <> 'service'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY principal, account_id
ORDER BY events DESC, principal NULLS FIRST, account_id
