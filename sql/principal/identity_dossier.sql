-- title: Dossier of one identity
-- description: Sums up one user, role, session or access key: its addresses, programs, keys, regions, services, calls and errors, each with its first and last time.
-- severity: info
-- param: who text -- A user name, role name, session name, ARN or access key id
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Read it before the list of all events (user_activity): what is rare and recent in it stands out at once.
-- Suspicious: an address or program with few events and a late first_time, a region used once, services without any
-- success. The name must match exactly; sessions that the identity opened are not followed.

WITH facts AS (
  SELECT event_time,
         outcome,
         read_only,
         unnest(make_array('1 identity', '2 session', '3 access key', '4 address', '5 program', '6 region', '7 service',
                           '8 call', '9 error')) AS numbered,
         unnest(make_array(principal, session_name, access_key_id, source_ip, user_agent, aws_region, event_source,
                           event_source || ' ' || event_name, error_code)) AS value
  FROM cloudtrail
  WHERE (principal = $who OR user_name = $who OR issuer_user_name = $who OR session_name = $who
       OR user_arn = $who OR access_key_id = $who)
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT substr(numbered, 3) AS fact,
       value,
       count(*) AS events,
       count(*) FILTER (WHERE read_only IS FALSE) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(*) FILTER (WHERE outcome = 'error') AS errors,
       min(event_time) AS first_time,
       max(event_time) AS last_time
FROM facts
WHERE value IS NOT NULL AND value <> ''
GROUP BY numbered, value
ORDER BY numbered, events DESC, value
