-- title: Keys that were tried out
-- description: Lists keys with which somebody asked whose they are, as is done first with a key that was found or stolen.
-- severity: low
-- mitre: T1087.004, T1033
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: temporary boolean = false -- Whether temporary keys are listed
--
-- GetCallerIdentity needs no permission and cannot be forbidden: the safe way to try a stolen key.
-- Expected: Terraform and the SDKs ask it at the start of every run. Suspicious: first_call_of_key is true and the key
-- is old, a tool such as trufflehog, an address new for the key, several users' keys from one address. Temporary keys
-- are left out, since every new session would be listed: --param temporary=true lists them.

WITH asked AS (
  SELECT access_key_id AS asked_key,
         account_id,
         principal,
         source_ip,
         user_agent,
         count(DISTINCT event_id) AS times_asked,
         min(event_time) AS first_asked,
         max(event_time) AS last_asked,
         min(event_id) AS event_id
  FROM cloudtrail
  WHERE event_source = 'sts.amazonaws.com'
    AND event_name = 'GetCallerIdentity'
    AND ($temporary OR access_key_id LIKE 'AKIA%')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY access_key_id, account_id, principal, source_ip, user_agent
),
first_uses AS (
  SELECT access_key_id,
         min(event_time) AS first_used
  FROM cloudtrail
  WHERE access_key_id IN (SELECT asked_key FROM asked)
  GROUP BY access_key_id
)
SELECT first_asked,
       last_asked,
       asked.account_id,
       asked.principal,
       asked.source_ip,
       asked_key AS access_key_id,
       times_asked,
       first_used = first_asked AS first_call_of_key,
       user_agent_tool(user_agent) AS tool,
       user_agent,
       event_id
FROM asked
LEFT JOIN first_uses ON first_uses.access_key_id = asked_key
ORDER BY first_asked DESC, event_id
