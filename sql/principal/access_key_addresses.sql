-- title: Addresses of access keys
-- description: Lists the addresses of each long-lived key that was used from more than one, with the time each was first seen.
-- severity: medium
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: at_least integer = 2 -- The fewest addresses of a key that is listed
--
-- A stolen key shows as an address that joins the others late.
-- Expected: laptops that travel, fleets behind several gateways. Suspicious: hours_after_first_use is large for one
-- address alone, which brings another program with it and many denied calls.
-- Calls that an AWS service made with the key's rights are not counted. Temporary keys: sessions_on_several_addresses.

WITH uses AS (
  SELECT access_key_id,
         source_ip,
         max(account_id) AS account_id,
         max(principal) AS principal,
         count(*) AS events,
         count(*) FILTER (WHERE read_only IS FALSE) AS writes,
         count(*) FILTER (WHERE outcome = 'denied') AS denied,
         array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS programs,
         min(event_time) AS first_time,
         max(event_time) AS last_time
  FROM cloudtrail
  WHERE access_key_id LIKE 'AKIA%'
    AND NOT ip_is_aws_host(source_ip)
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY access_key_id, source_ip
),
compared AS (
  SELECT *,
         count(*) OVER (PARTITION BY access_key_id) AS addresses,
         min(first_time) OVER (PARTITION BY access_key_id) AS first_use
  FROM uses
)
SELECT first_time,
       last_time,
       account_id,
       principal,
       access_key_id,
       source_ip,
       round((date_part('epoch', first_time) - date_part('epoch', first_use)) / 3600, 1) AS hours_after_first_use,
       programs,
       events,
       writes,
       denied,
       addresses
FROM compared
WHERE addresses >= $at_least
ORDER BY access_key_id, first_time, source_ip
