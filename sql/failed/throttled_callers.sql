-- title: Callers that were throttled
-- description: Lists identities whose calls came faster than AWS allows, hour by hour, as those of tools that read a whole account do.
-- severity: low
-- mitre: T1580, T1526
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: at_least integer = 10 -- The fewest throttled calls of an hour that are listed
-- param: services boolean = false -- Whether calls of AWS services are counted
--
-- Expected: inventory and deployment tools, autoscaling of large clusters. Suspicious: an identity that never was
-- throttled before, many Describe, List and Get calls over many services (see attack_tools for the program's name).

SELECT date_trunc('hour', event_time) AS hour,
       account_id,
       principal,
       source_ip,
       count(*) AS throttled_calls,
       count(DISTINCT event_source) AS services,
       count(DISTINCT aws_region) AS regions,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS programs,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys
FROM cloudtrail
WHERE (error_code LIKE '%Throttl%'
       OR error_code IN ('Client.RequestLimitExceeded', 'RequestLimitExceeded', 'TooManyRequestsException',
                         'TooManyRequests', 'RequestThrottled', 'SlowDown', 'PriorRequestNotComplete'))
  AND ($services OR NOT is_aws_service(coalesce(principal, '')))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_trunc('hour', event_time), account_id, principal, source_ip
HAVING count(*) >= $at_least
ORDER BY hour DESC, throttled_calls DESC, account_id, principal, source_ip
