-- title: Gaps in the event log
-- description: Lists stretches of time without any event of an account and region that otherwise has events all the time.
-- severity: medium
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: longest interval = '6 hours' -- The shortest stretch without events that is a gap
-- param: times float = 5 -- How many times the usual distance of events a gap must be
--
-- A gap is a stretch of at least the given length, and many times as long as is usual for that account and region.
-- trail_changes names what was done to CloudTrail from an hour before the gap until its end: with it, somebody blinded the log.
-- Expected: nights and weekends of a quiet account; objects not ingested yet (compare the sources around it: sources_by_day).
-- Suspicious: a gap that begins with StopLogging, a gap of all regions at once, a gap while S3 access logs go on.

WITH minutes AS (
  SELECT account_id,
         aws_region,
         date_trunc('minute', event_time) AS minute,
         min(event_time) AS first_event,
         max(event_time) AS last_event
  FROM cloudtrail
  WHERE event_time IS NOT NULL
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY account_id, aws_region, date_trunc('minute', event_time)
),
stretches AS (
  SELECT account_id,
         aws_region,
         lag(last_event) OVER (PARTITION BY account_id, aws_region ORDER BY minute) AS gap_begins,
         first_event AS gap_ends,
         (date_part('epoch', max(last_event) OVER (PARTITION BY account_id, aws_region))
           - date_part('epoch', min(first_event) OVER (PARTITION BY account_id, aws_region)))
           / nullif(count(*) OVER (PARTITION BY account_id, aws_region) - 1, 0) AS usual_seconds
  FROM minutes
),
gaps AS (
  SELECT *, date_part('epoch', gap_ends) - date_part('epoch', gap_begins) AS gap_seconds
  FROM stretches
  WHERE gap_ends >= gap_begins + $longest
),
changes AS (
  SELECT account_id, event_time, event_name
  FROM cloudtrail
  WHERE event_source = 'cloudtrail.amazonaws.com'
    AND event_name IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors', 'StartLogging', 'CreateTrail')
    AND outcome = 'success'
)
SELECT gaps.gap_begins,
       gaps.gap_ends,
       round(gaps.gap_seconds / 3600, 1) AS hours,
       gaps.account_id,
       gaps.aws_region,
       round(gaps.usual_seconds / 3600, 2) AS usual_hours,
       array_to_string(array_sort(array_agg(DISTINCT changes.event_name)), ', ') AS trail_changes
FROM gaps
LEFT JOIN changes ON changes.account_id = gaps.account_id
  AND changes.event_time >= gaps.gap_begins - INTERVAL '1 hour'
  AND changes.event_time <= gaps.gap_ends
WHERE gaps.gap_seconds >= $times * gaps.usual_seconds
GROUP BY gaps.gap_begins, gaps.gap_ends, gaps.gap_seconds, gaps.account_id, gaps.aws_region, gaps.usual_seconds
ORDER BY gaps.gap_begins DESC, gaps.account_id, gaps.aws_region
