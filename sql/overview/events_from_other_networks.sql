-- title: Activity from outside your networks
-- description: Lists which identities called from public addresses, except from one network you trust.
-- severity: low
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: trusted text = NULL -- A network whose calls are not listed, as 198.51.100.0/24
--
-- Give your network as trusted=198.51.100.0/24; without it every public address is listed. Private addresses and AWS
-- services are left out; text that is no address (masked, cut) is listed. For several networks: SELECT * FROM
-- reports.events_from_other_networks WHERE NOT ip_in_cidr(source_ip, '...').
-- Suspicious: the key of a program, or the role of an instance or a function, used from outside; root; denials.

SELECT source_ip,
       account_id,
       principal,
       principal_kind(coalesce(principal, principal_type, '')) AS kind,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(*) FILTER (WHERE outcome = 'error') AS errors,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools,
       count(DISTINCT access_key_id) AS access_keys,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT access_key_id)), 1, 3), ', ') AS some_access_keys,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE source_ip IS NOT NULL
  AND NOT coalesce(ip_is_private(source_ip), ip_is_aws_host(source_ip))
  AND ($trusted IS NULL OR NOT coalesce(ip_in_cidr(source_ip, $trusted), false))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY source_ip, account_id, principal, principal_kind(coalesce(principal, principal_type, ''))
ORDER BY events DESC, source_ip, account_id, principal NULLS FIRST, kind
