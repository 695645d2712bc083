-- title: Activity by weekday and hour
-- description: Counts the calls of people and programs by weekday and hour: when work is done, and when it should not be.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: zone text = 'UTC' -- The time zone of the office, as Europe/Berlin
--
-- Set zone to the one of your office. Calls by AWS services are left out. weekday 1 is Monday, 7 is Sunday.
-- Suspicious: writes at hours in which nobody works. Next: events_outside_hours.

WITH calls AS (
  SELECT *, event_time AT TIME ZONE $zone AS local_time
  FROM cloudtrail
  WHERE event_time IS NOT NULL
    AND coalesce(principal_type, '') <> 'AWSService'
    AND NOT coalesce(ip_is_aws_host(source_ip), false)
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT (date_part('dow', local_time) + 6) % 7 + 1 AS weekday,
       to_char(min(local_time), '%A') AS weekday_name,
       date_part('hour', local_time) AS hour,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(DISTINCT principal) AS principals,
       count(DISTINCT source_ip) AS source_ips
FROM calls
GROUP BY (date_part('dow', local_time) + 6) % 7 + 1, date_part('hour', local_time)
ORDER BY weekday, hour
