-- title: Many failed sign-ins for one name
-- description: Lists names for which the sign-in failed many times in a short while, from how many addresses, and whether it worked in the end.
-- severity: medium
-- mitre: T1110.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which failures are counted together
-- param: at_least integer = 5 -- The fewest failures that are listed
--
-- Covers the console's passwords and those of Identity Center.
-- Expected: a saved password that was changed. Suspicious: several addresses, a program as user agent, and above all
-- successes behind the failures. Windows lie on the clock, so a series across a boundary is two rows.

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
SELECT min(event_time) FILTER (WHERE outcome <> 'success') AS first_failure,
       max(event_time) FILTER (WHERE outcome <> 'success') AS last_failure,
       account_id,
       max(principal) AS principal,
       who AS name,
       count(*) FILTER (WHERE outcome <> 'success') AS failures,
       count(*) FILTER (WHERE outcome = 'success') AS successes,
       count(DISTINCT source_ip) AS addresses,
       array_to_string(array_sort(array_agg(DISTINCT source_ip)), ', ') AS source_ips,
       array_to_string(array_sort(array_agg(DISTINCT user_agent)), ', ') AS user_agents
FROM attempts
GROUP BY date_bin($window, event_time), account_id, who
HAVING count(*) FILTER (WHERE outcome <> 'success') >= $at_least
ORDER BY first_failure DESC, account_id, name
