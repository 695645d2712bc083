-- title: Calls through VPC endpoints
-- description: Lists who called through each VPC endpoint, and what the endpoint's policy refused, with outsiders and outside addresses marked.
-- severity: low
-- mitre: T1537
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- An endpoint is a private door to AWS; a stranger's key used through yours is the way data leaves without the
-- internet.
-- outside_identity is true if the identity's account differs from the endpoint's owner or, where that is not told,
-- from the account of the event. error_code VpceAccessDenied: the endpoint's policy refused it (recorded in events of
-- category NetworkActivity).
-- Suspicious: outside_identity, a public source_ip, denials.

SELECT vpc_endpoint_id,
       account_id,
       aws_region,
       principal,
       user_account_id,
       user_account_id <> coalesce(vpc_endpoint_account_id, account_id) AS outside_identity,
       source_ip,
       NOT ip_is_private(source_ip) AS public_address,
       event_source,
       event_category,
       count(*) AS events,
       count(*) FILTER (WHERE outcome = 'denied' OR error_code = 'VpceAccessDenied') AS denied,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT event_name)), 1, 8), ', ') AS some_calls,
       array_to_string(array_sort(array_agg(DISTINCT error_code)), ', ') AS error_codes,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE vpc_endpoint_id IS NOT NULL
  AND NOT coalesce(ip_is_aws_host(source_ip), false)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY vpc_endpoint_id, account_id, aws_region, principal, user_account_id,
         user_account_id <> coalesce(vpc_endpoint_account_id, account_id), source_ip, event_source, event_category
ORDER BY denied DESC, events DESC, vpc_endpoint_id, account_id, principal NULLS FIRST, source_ip, event_source, event_category
