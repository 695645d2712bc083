-- title: TLS versions in use
-- description: Counts the calls by TLS version and cipher suite, with who makes the outdated ones.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: outdated_only boolean = false -- Whether only outdated versions are listed
--
-- AWS no longer accepts TLS 1.0 and 1.1 at nearly all endpoints, so a row with them is old, or of a rare endpoint.
-- Expected: TLSv1.2 and TLSv1.3; no version where AWS called itself or the service does not tell.

SELECT tls_version,
       cipher_suite,
       tls_version IN ('SSLv3', 'TLSv1', 'TLSv1.0', 'TLSv1.1') AS is_outdated,
       count(*) AS events,
       count(DISTINCT principal) AS principals,
       count(DISTINCT source_ip) AS source_ips,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT principal)), 1, 5), ', ') AS some_principals,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), 1, 5), ', ') AS some_tools,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT client_provided_host_header)), 1, 5), ', ') AS some_hosts,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE tls_version IS NOT NULL
  AND (NOT $outdated_only OR tls_version IN ('SSLv3', 'TLSv1', 'TLSv1.0', 'TLSv1.1'))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY tls_version, cipher_suite
ORDER BY tls_version, events DESC, cipher_suite
