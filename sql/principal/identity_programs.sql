-- title: Programs of identities
-- description: Lists the programs of each user or role that used more than one, with the time each was first seen.
-- severity: low
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: at_least integer = 2 -- The fewest programs of an identity that is listed
--
-- A service that has spoken through one SDK for months and now speaks through the AWS CLI is in a person's hands.
-- Expected: people, who use the console, the CLI and Terraform. Suspicious: a machine's identity with a second program,
-- an attack tool (attack_tools), a program that came with a new address.

WITH uses AS (
  SELECT account_id,
         principal,
         user_agent_tool(user_agent) AS program,
         count(*) AS events,
         count(*) FILTER (WHERE read_only IS FALSE) AS writes,
         count(*) FILTER (WHERE outcome = 'denied') AS denied,
         count(DISTINCT user_agent) AS versions,
         max(user_agent) AS user_agent,
         array_to_string(array_sort(array_agg(DISTINCT source_ip)), ', ') AS source_ips,
         array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
         min(event_time) AS first_time,
         max(event_time) AS last_time
  FROM cloudtrail
  WHERE user_agent IS NOT NULL
    AND NOT is_aws_service(coalesce(principal, ''))
    AND NOT ip_is_aws_host(coalesce(source_ip, ''))
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY account_id, principal, user_agent_tool(user_agent)
),
compared AS (
  SELECT *,
         count(*) OVER (PARTITION BY account_id, principal) AS programs,
         min(first_time) OVER (PARTITION BY account_id, principal) AS first_use
  FROM uses
)
SELECT first_time,
       last_time,
       account_id,
       principal,
       program,
       round((date_part('epoch', first_time) - date_part('epoch', first_use)) / 3600, 1) AS hours_after_first_use,
       source_ips,
       access_keys,
       events,
       writes,
       denied,
       user_agent,
       versions
FROM compared
WHERE programs >= $at_least
ORDER BY account_id, principal, first_time, program
