-- title: Bursts of denied calls
-- description: Lists identities that were denied many calls within minutes, as somebody is who tries out what a stolen key may do.
-- severity: medium
-- mitre: T1580, T1526
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '10 minutes' -- The stretch of time in which denied calls are counted together
-- param: at_least integer = 5 -- The fewest denied calls that are a burst
--
-- Expected: a tool with a policy that lacks something; it is denied the same one or two actions again and again.
-- Suspicious: many different actions, many services, several regions, an address new for the identity.
-- Windows lie on the clock, so a burst across a boundary is two rows.

SELECT min(event_time) AS first_denied,
       max(event_time) AS last_denied,
       account_id,
       principal,
       source_ip,
       count(*) AS denied_calls,
       count(DISTINCT event_source || ':' || event_name) AS actions,
       count(DISTINCT event_source) AS services,
       count(DISTINCT aws_region) AS regions,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys
FROM cloudtrail
WHERE outcome = 'denied'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, principal, source_ip
HAVING count(*) >= $at_least
ORDER BY first_denied DESC, principal, source_ip
