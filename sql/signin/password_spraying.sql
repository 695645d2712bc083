-- title: One address failing to sign in under many names
-- description: Lists addresses that tried the passwords of several users in a short while, and the names under which they got in.
-- severity: high
-- mitre: T1110.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which names are counted together
-- param: at_least integer = 3 -- The fewest names with a failure that are listed
--
-- A few common passwords over many names stay below every lock-out.
-- Expected: an office behind one address on the morning after passwords expired. Suspicious: names that do not exist
-- (HIDDEN_DUE_TO_SECURITY_REASONS stands for all of them), accounts besides one another, and any name in got_in_as.

WITH attempts AS (
  SELECT *, coalesce(additional_event_data->>'UserName', user_name, session_name, principal) AS who
  FROM cloudtrail
  WHERE event_source = 'signin.amazonaws.com'
    AND event_name IN ('ConsoleLogin', 'CredentialVerification')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT min(event_time) AS first_attempt,
       max(event_time) AS last_attempt,
       source_ip,
       count(DISTINCT who) FILTER (WHERE outcome <> 'success') AS names,
       count(*) FILTER (WHERE outcome <> 'success') AS failures,
       count(DISTINCT account_id) AS accounts,
       array_to_string(array_sort(array_agg(DISTINCT who) FILTER (WHERE outcome <> 'success')), ', ') AS failed_as,
       array_to_string(array_sort(array_agg(DISTINCT who) FILTER (WHERE outcome = 'success')), ', ') AS got_in_as,
       array_to_string(array_sort(array_agg(DISTINCT user_agent)), ', ') AS user_agents
FROM attempts
GROUP BY date_bin($window, event_time), source_ip
HAVING count(DISTINCT who) FILTER (WHERE outcome <> 'success') >= $at_least
ORDER BY first_attempt DESC, source_ip
