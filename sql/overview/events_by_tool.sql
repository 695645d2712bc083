-- title: Events by program
-- description: Counts the events of each program that called AWS, as its user agent names it: console, command line, SDKs, Terraform, attack tools.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A user agent is what the caller chooses to say: a clue, never a proof.
-- Suspicious: attack tools (pacu, cloudfox, kali ...), a program your people do not use. All names: the function
-- user_agent_tool.

SELECT user_agent_tool(user_agent) AS tool,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(*) FILTER (WHERE outcome = 'error') AS errors,
       count(DISTINCT user_agent) AS user_agents,
       count(DISTINCT principal) AS principals,
       count(DISTINCT source_ip) AS source_ips,
       min(user_agent) AS example,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY user_agent_tool(user_agent)
ORDER BY events DESC, tool NULLS LAST
