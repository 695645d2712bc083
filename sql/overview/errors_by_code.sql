-- title: Errors by code
-- description: Counts each error that AWS answered, by service, with how many identities and calls met it.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: NoSuchEntity, ResourceNotFound and throttling from programs that look and try again.
-- Suspicious: AccessDenied and UnauthorizedOperation over many calls (see denied_bursts), InvalidClientTokenId (a
-- deleted key in use), limits such as InstanceLimitExceeded or VcpuLimitExceeded (somebody launches all that can be
-- had).

SELECT error_code,
       event_source,
       outcome,
       count(*) AS events,
       count(DISTINCT event_name) AS calls,
       count(DISTINCT principal) AS principals,
       count(DISTINCT source_ip) AS source_ips,
       count(DISTINCT account_id) AS accounts,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT event_name)), 1, 5), ', ') AS some_calls,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE outcome <> 'success'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY error_code, event_source, outcome
ORDER BY events DESC, error_code NULLS LAST, event_source, outcome
