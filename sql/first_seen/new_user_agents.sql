-- title: New programs of identities
-- description: Lists programs that a known identity used for the first time, as the user agent names them.
-- severity: medium
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: recent interval = '7 days' -- Without since: how long before the end of the log counts as new
--
-- Without since, what appeared in the last seven days of the log is listed; with since, what appeared from then on.
-- Compared is with all the log before, so the longer it is, the better the answer; numbers in a user agent do not
-- count, so that a new version is not a new program.
-- new_tool is true if the kind of program (command line, SDK, browser ...) is new for the identity, not only how it
-- calls itself.
-- Expected: new machines and SDKs. Suspicious: an attack tool, another system (Windows, Kali), the command line with
-- a program's key.

WITH ends AS (
  SELECT coalesce($since, max(event_time) - $recent) AS begin
  FROM cloudtrail
  WHERE ($until IS NULL OR event_time < $until)
),
seen AS (
  SELECT account_id,
         principal,
         user_agent_tool(user_agent) AS tool,
         regexp_replace(user_agent, '[0-9][0-9.]*', '#', 'g') AS agent,
         min(user_agent) AS user_agent,
         min(source_ip) AS source_ip,
         min(event_time) AS first_seen,
         max(event_time) AS last_seen,
         count(*) AS events,
         count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
         count(*) FILTER (WHERE outcome = 'denied') AS denied,
         first_value(event_name ORDER BY event_time, event_id) AS first_call,
         first_value(access_key_id ORDER BY event_time, event_id) AS access_key_id,
         first_value(event_id ORDER BY event_time, event_id) AS event_id
  FROM cloudtrail
  WHERE principal IS NOT NULL
    AND user_agent IS NOT NULL
    AND coalesce(principal_type, '') <> 'AWSService'
    AND user_agent_tool(user_agent) NOT IN ('aws-service', 'aws-internal')
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY account_id, principal, user_agent_tool(user_agent), regexp_replace(user_agent, '[0-9][0-9.]*', '#', 'g')
),
compared AS (
  SELECT *,
         min(first_seen) OVER (PARTITION BY account_id, principal) AS principal_seen,
         min(first_seen) OVER (PARTITION BY account_id, principal, tool) AS tool_seen
  FROM seen
)
SELECT first_seen,
       account_id,
       principal,
       source_ip,
       tool,
       tool_seen >= ends.begin AS new_tool,
       user_agent,
       events,
       writes,
       denied,
       first_call,
       access_key_id,
       last_seen,
       event_id
FROM compared
CROSS JOIN ends
WHERE first_seen >= ends.begin
  AND principal_seen < ends.begin
ORDER BY first_seen DESC, account_id, principal, agent
