-- title: Identities that came back after a long pause
-- description: Lists users and roles that did nothing for weeks and then were used again, as forgotten ones are that an intruder finds.
-- severity: medium
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: pause interval = '30 days' -- The shortest pause that is listed
--
-- Nobody misses an identity that nobody uses; that is why old keys are worth finding.
-- Expected: yearly jobs, people back from leave. Suspicious: the users of employees who left, another address or
-- program than before the pause. A pause is only seen where the lake reaches back further than it; a gap in the
-- logs is a pause for everybody.

WITH days AS (
  SELECT account_id,
         principal,
         event_date,
         min(event_time) AS first_time,
         max(event_time) AS last_time,
         count(*) AS events,
         array_to_string(array_sort(array_agg(DISTINCT source_ip)), ', ') AS source_ips,
         array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS programs,
         array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
         array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names
  FROM cloudtrail
  WHERE principal IS NOT NULL
    AND NOT is_aws_service(principal)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY account_id, principal, event_date
),
compared AS (
  SELECT *,
         lag(last_time) OVER before AS last_before,
         lag(source_ips) OVER before AS source_ips_before,
         lag(programs) OVER before AS programs_before
  FROM days
  WINDOW before AS (PARTITION BY account_id, principal ORDER BY event_date)
)
SELECT first_time AS back_at,
       last_before,
       account_id,
       principal,
       source_ips,
       source_ips_before,
       programs,
       programs_before,
       access_keys,
       events AS events_of_the_day,
       event_names
FROM compared
WHERE last_before <= first_time - $pause
  -- The days before are read even where only later ones are asked for.
  AND ($since IS NULL OR last_time >= $since)
ORDER BY back_at DESC, account_id, principal
