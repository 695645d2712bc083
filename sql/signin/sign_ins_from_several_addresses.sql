-- title: People who signed in from several addresses
-- description: Lists identities whose console sign-ins of one day came from more than one address, as when two people use one account.
-- severity: low
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 day' -- The stretch of time in which addresses are counted together
-- param: at_least integer = 2 -- The fewest addresses that are listed
--
-- Only sign-ins that worked count. A shared role is told apart by the name of its session.
-- Expected: home, office, a telephone. Suspicious: addresses of different countries within hours, of a hosting company
-- or an anonymiser beside that of the office; different browsers at the same time.

SELECT min(event_time) AS first_sign_in,
       max(event_time) AS last_sign_in,
       account_id,
       principal,
       session_name,
       count(*) AS sign_ins,
       count(DISTINCT source_ip) AS addresses,
       array_to_string(array_sort(array_agg(DISTINCT source_ip)), ', ') AS source_ips,
       array_to_string(array_sort(array_agg(DISTINCT user_agent)), ', ') AS user_agents,
       count(*) FILTER (WHERE (additional_event_data->>'MFAUsed') = 'Yes') AS with_mfa
FROM cloudtrail
WHERE event_source = 'signin.amazonaws.com'
  AND event_name = 'ConsoleLogin'
  AND outcome = 'success'
  AND NOT ip_is_aws_host(source_ip)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, principal, session_name
HAVING count(DISTINCT source_ip) >= $at_least
ORDER BY first_sign_in DESC, account_id, principal, session_name
