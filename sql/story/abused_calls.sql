-- title: Calls that attackers abuse, by identity
-- description: Counts for each identity the calls that attackers like, how often they worked and were refused, and what each does.
-- severity: low
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: administrators and deployments make many of these calls, every day the same.
-- Suspicious: a call that one identity alone makes, first refused and then allowed, or with a weight of 4 or 5.

SELECT principal,
       account_id,
       event_source,
       event_name,
       what,
       technique,
       weight,
       count(*) FILTER (WHERE outcome = 'success') AS succeeded,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(*) FILTER (WHERE outcome = 'error') AS failed,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT source_ip)), 1, 5), ', ') AS some_source_ips,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT access_key_id)), 1, 5), ', ') AS some_access_keys,
       min(event_time) AS first_call,
       max(event_time) AS last_call
FROM reports.incident_timeline
WHERE ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY principal, account_id, event_source, event_name, what, technique, weight
ORDER BY weight DESC, principal NULLS FIRST, account_id, event_source, event_name
