-- title: Sweeps through EC2
-- description: Lists identities that looked at many kinds of EC2 resources, or in many regions, within minutes, as somebody does who explores an account.
-- severity: medium
-- mitre: T1580, T1526, T1046
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '10 minutes' -- The stretch of time in which calls are counted together
-- param: kinds_at_least integer = 8 -- The fewest different calls that are a sweep
-- param: regions_at_least integer = 4 -- The fewest regions that are a sweep
-- param: console boolean = true -- Whether calls from the console are counted
--
-- Counted are the different Describe calls by one session from one address within a stretch of the clock.
-- Expected: inventory and security tools, infrastructure code, the console (it describes a lot by itself; leave it out
-- with console set to false).
-- Suspicious: the role of an instance, called from outside AWS; an identity that never did this; regions you do not
-- use.

SELECT min(event_time) AS first_call,
       max(event_time) AS last_call,
       account_id,
       principal,
       session_name,
       source_ip,
       access_key_id,
       count(*) AS calls,
       count(DISTINCT event_name) AS kinds_of_calls,
       count(DISTINCT aws_region) AS regions,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names,
       array_to_string(array_sort(array_agg(DISTINCT aws_region)), ', ') AS region_names,
       min(user_agent) AS user_agent
FROM cloudtrail
WHERE event_source = 'ec2.amazonaws.com'
  AND event_name LIKE 'Describe%'
  AND NOT coalesce(is_aws_service(source_ip), false)
  AND ($console OR coalesce(user_agent_tool(user_agent), '') <> 'console')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, principal, session_name, source_ip, access_key_id
HAVING count(DISTINCT event_name) >= $kinds_at_least OR count(DISTINCT aws_region) >= $regions_at_least
ORDER BY first_call DESC, principal, session_name, source_ip, access_key_id
