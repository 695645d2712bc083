-- title: Events by address
-- description: Counts the events of each address: who used it, in which accounts, and how often it was refused.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Calls that AWS services made are left out.
-- Suspicious: an address with several identities or accounts that have nothing in common, with many denials, or with
-- the root user.

SELECT source_ip,
       ip_is_private(source_ip) AS is_private,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(*) FILTER (WHERE outcome = 'error') AS errors,
       count(DISTINCT account_id) AS accounts,
       count(DISTINCT principal) AS principals,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT principal)), 1, 5), ', ') AS some_principals,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE NOT coalesce(ip_is_aws_host(source_ip), false)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY source_ip, ip_is_private(source_ip)
ORDER BY events DESC, source_ip NULLS LAST
