-- title: Who is denied what, and how often
-- description: Counts for each identity the calls it was denied, on how many days, from where, and how often the same call was allowed.
-- severity: info
-- mitre: T1580
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: services boolean = false -- Whether calls of AWS services are counted
--
-- Expected: the same call on many days: a tool that lacks a permission, noise to mend.
-- Suspicious: many calls denied on one single day, an identity with no history of denials, allowed beside denied
-- (somebody probes resource after resource).

SELECT account_id,
       principal,
       event_source,
       event_name,
       count(*) FILTER (WHERE outcome = 'denied') AS denied_calls,
       count(DISTINCT event_date) FILTER (WHERE outcome = 'denied') AS days,
       count(*) FILTER (WHERE outcome = 'success') AS allowed_calls,
       count(DISTINCT aws_region) FILTER (WHERE outcome = 'denied') AS regions,
       array_to_string(array_sort(array_agg(DISTINCT source_ip) FILTER (WHERE outcome = 'denied')), ', ') AS source_ips,
       min(event_time) FILTER (WHERE outcome = 'denied') AS first_denied,
       max(event_time) FILTER (WHERE outcome = 'denied') AS last_denied
FROM cloudtrail
WHERE event_source <> 'signin.amazonaws.com'
  AND ($services OR NOT is_aws_service(coalesce(principal, '')))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY account_id, principal, event_source, event_name
HAVING count(*) FILTER (WHERE outcome = 'denied') > 0
ORDER BY denied_calls DESC, account_id, principal, event_source, event_name
