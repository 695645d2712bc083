-- title: Sessions used from several addresses
-- description: Lists temporary keys that were used from more than one address, as those of a stolen session are.
-- severity: high
-- mitre: T1550.001, T1078.004, T1539
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: at_least integer = 2 -- The fewest addresses of a session that is listed
--
-- A session lives for hours and belongs to one program on one machine.
-- Expected: machines that reach AWS through several gateways, people on the move, the two addresses of IPv4 and IPv6.
-- Suspicious: another program at the second address, two addresses at the same time, refusals at one of them.
-- Calls that AWS services made with the session's rights, and calls through a VPC endpoint of the account, do not
-- count.

SELECT min(event_time) AS first_time,
       max(event_time) AS last_time,
       max(account_id) AS account_id,
       principal,
       session_name,
       access_key_id,
       count(DISTINCT source_ip) AS addresses,
       array_to_string(array_sort(array_agg(DISTINCT source_ip)), ', ') AS source_ips,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS programs,
       count(*) AS events,
       count(*) FILTER (WHERE read_only IS FALSE) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       min(session_created_at) AS issued_at
FROM cloudtrail
WHERE access_key_id LIKE 'ASIA%'
  AND NOT ip_is_aws_host(source_ip)
  AND (vpc_endpoint_id IS NULL OR vpc_endpoint_account_id <> account_id)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY access_key_id, principal, session_name
HAVING count(DISTINCT source_ip) >= $at_least
ORDER BY first_time DESC, access_key_id
