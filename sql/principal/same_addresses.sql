-- title: Who else came from an identity's addresses
-- description: Lists the other identities and keys that were used from the addresses of one that is known to be in wrong hands.
-- severity: high
-- mitre: T1078.004, T1098.001
-- param: who text -- A user name, role name, session name, ARN or access key id
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Thieves seldom have one key only, and seldom one address for each.
-- Expected: where the identity also worked from the office, everybody of the office: compare the addresses first.
-- Suspicious: a key or role that appears at an address which only the known one has used.

WITH addresses AS (
  SELECT DISTINCT source_ip
  FROM cloudtrail
  WHERE (principal = $who OR user_name = $who OR issuer_user_name = $who OR session_name = $who
       OR user_arn = $who OR access_key_id = $who)
    AND NOT ip_is_aws_host(source_ip)
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT calls.source_ip,
       calls.account_id,
       calls.principal,
       calls.session_name,
       calls.access_key_id,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(calls.event_name, calls.read_only)) AS writes,
       count(*) FILTER (WHERE calls.outcome = 'denied') AS denied,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(calls.user_agent))), ', ') AS programs,
       min(calls.event_time) AS first_time,
       max(calls.event_time) AS last_time
FROM cloudtrail AS calls
JOIN addresses ON addresses.source_ip = calls.source_ip
WHERE NOT coalesce(calls.principal = $who OR calls.user_name = $who OR calls.issuer_user_name = $who
                   OR calls.session_name = $who OR calls.user_arn = $who OR calls.access_key_id = $who, false)
  AND ($since IS NULL OR calls.event_time >= $since)
  AND ($until IS NULL OR calls.event_time < $until)
  AND ($account IS NULL OR calls.account_id = $account)
  AND ($region IS NULL OR calls.aws_region = $region)
GROUP BY calls.source_ip, calls.account_id, calls.principal, calls.session_name, calls.access_key_id
ORDER BY calls.source_ip, first_time, calls.principal, calls.session_name, calls.access_key_id
