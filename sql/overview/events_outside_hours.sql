-- title: Activity outside working hours
-- description: Lists which identities worked at night or at the weekend, by hour, with what they changed and where from.
-- severity: low
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: zone text = 'UTC' -- The time zone of the office, as Europe/Berlin
-- param: day_begins integer = 7 -- The hour at which work begins
-- param: day_ends integer = 19 -- The hour at which work ends
--
-- Set zone, day_begins and day_ends to those of your office. Calls by AWS services are left out; programs that run at
-- night are not:
-- look for people, and roles of people.
-- Suspicious: a person at night from a new address, writes, denials.

WITH calls AS (
  SELECT *, event_time AT TIME ZONE $zone AS local_time
  FROM cloudtrail
  WHERE event_time IS NOT NULL
    AND coalesce(principal_type, '') <> 'AWSService'
    AND invoked_by IS NULL
    AND NOT coalesce(ip_is_aws_host(source_ip), false)
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT to_char(date_trunc('hour', local_time), '%Y-%m-%d %H:%M') AS local_hour,
       account_id,
       principal,
       session_name,
       source_ip,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT event_name)), 1, 8), ', ') AS some_calls,
       count(DISTINCT access_key_id) AS access_keys,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT access_key_id)), 1, 3), ', ') AS some_access_keys,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM calls
WHERE date_part('hour', local_time) < $day_begins
   OR date_part('hour', local_time) >= $day_ends
   OR date_part('dow', local_time) IN (0, 6)
GROUP BY date_trunc('hour', local_time), account_id, principal, session_name, source_ip
ORDER BY local_hour DESC, events DESC, account_id, principal NULLS FIRST, session_name, source_ip
