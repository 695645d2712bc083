-- title: Calls by the roles of EC2 instances
-- description: Sums up for each instance what its role called, how often, and how much was refused.
-- severity: info
-- mitre: T1552.005, T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: instance text = NULL -- Only this instance, as i-0123456789abcdef0
-- param: denied_only boolean = false -- Only calls that were refused at least once
--
-- An instance does the same few calls all its life.
-- Expected: agents of Systems Manager and CloudWatch, the application's own calls. Suspicious: one instance of a role
-- that does other calls than its sisters, List and Describe over many services, refusals.

SELECT account_id,
       principal,
       session_name AS instance_id,
       event_source,
       event_name,
       count(*) AS events,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       array_to_string(array_sort(array_agg(DISTINCT source_ip)), ', ') AS source_ips,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS programs,
       array_to_string(array_sort(array_agg(DISTINCT ec2_role_delivery)), ', ') AS metadata_service,
       min(event_time) AS first_time,
       max(event_time) AS last_time
FROM cloudtrail
WHERE session_name LIKE 'i-%'
  AND regexp_like(session_name, '^i-([0-9a-fA-F]{8}|[0-9a-fA-F]{17})$')
  AND ($instance IS NULL OR session_name = $instance)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY account_id, principal, session_name, event_source, event_name
HAVING NOT $denied_only OR count(*) FILTER (WHERE outcome = 'denied') > 0
ORDER BY account_id, principal, instance_id, events DESC, event_source, event_name
