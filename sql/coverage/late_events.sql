-- title: Events that came late or again
-- description: Lists files with events that were delivered long after they happened, or that AWS delivered again because it corrected them.
-- severity: low
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: later_than interval = '1 hour' -- The shortest delay that is listed
--
-- What was not there yesterday can be there today: ask again after a row here, and do not trust counts that were
-- taken before.
-- The delay is the time in the name of the file, when CloudTrail wrote it, less the time of the event. CloudTrail
-- promises about five minutes on average. addendum_reasons is what AWS itself says: DELIVERY_DELAY, UPDATED_DATA,
-- SERVICE_OUTAGE.
-- Expected: a few by an outage of AWS, console sign-ins and services that report late. Suspicious: files that were
-- put into the bucket by somebody else (see log_bucket_changes). An event later than its file has a negative delay: a
-- clock was wrong or the file is not what it says.

WITH dated AS (
  -- Such a name ends in 111122223333_CloudTrail_eu-central-1_20260917T0140Z_7pQ.json.gz.
  SELECT *, regexp_match(source_file, '_(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})Z_') AS named
  FROM cloudtrail
  WHERE event_time IS NOT NULL
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
events AS (
  SELECT *,
         TRY_CAST(named[1] || '-' || named[2] || '-' || named[3] || 'T' || named[4] || ':' || named[5] || ':00Z'
                  AS TIMESTAMP WITH TIME ZONE) AS delivered
  FROM dated
)
SELECT min(event_time) AS first_event,
       max(event_time) AS last_event,
       account_id,
       aws_region,
       max(delivered) AS delivered,
       round(max(date_part('epoch', delivered) - date_part('epoch', event_time)) / 3600, 2) AS longest_delay_hours,
       count(*) AS events,
       array_to_string(array_sort(array_agg(DISTINCT event_source)), ', ') AS event_sources,
       array_to_string(array_sort(array_agg(DISTINCT addendum->>'reason')), ', ') AS addendum_reasons,
       source_file
FROM events
WHERE delivered >= event_time + $later_than
   -- Five minutes, for what happened while the file was written.
   OR event_time >= delivered + INTERVAL '5 minutes'
   OR addendum IS NOT NULL
GROUP BY account_id, aws_region, source_file
ORDER BY last_event DESC, source_file, account_id, aws_region
