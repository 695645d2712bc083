-- title: Hours without any event
-- description: Lists stretches in which an account and region that is otherwise busy has no event at all, so that logging may have been off or files may be missing.
-- severity: medium
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: longer_than interval = '3 hours' -- The shortest gap that is listed
-- param: at_least integer = 50 -- The fewest events that would have been expected in the gap
--
-- events_expected says how strange the silence is: the gap times the usual rate of that account and region. A region
-- where little happens has long gaps by nature, and they are left out.
-- Expected: nights and weekends where only people work. Suspicious: a gap that begins with StopLogging or DeleteTrail
-- (see trail_changes), or that no other account has.
-- A gap may also be files that were not ingested: compare with the bucket, and see coverage_by_day.

WITH steps AS (
  SELECT account_id,
         aws_region,
         event_time,
         lag(event_time) OVER (PARTITION BY account_id, aws_region ORDER BY event_time) AS event_before,
         count(*) OVER (PARTITION BY account_id, aws_region) AS events,
         (date_part('epoch', max(event_time) OVER (PARTITION BY account_id, aws_region))
          - date_part('epoch', min(event_time) OVER (PARTITION BY account_id, aws_region))) / 3600 AS hours_covered
  FROM cloudtrail
  WHERE event_time IS NOT NULL
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
gaps AS (
  SELECT account_id,
         aws_region,
         event_before,
         event_time AS event_after,
         (date_part('epoch', event_time) - date_part('epoch', event_before)) / 3600 AS hours,
         events,
         hours_covered
  FROM steps
  WHERE event_time >= event_before + $longer_than
)
SELECT event_before AS last_event_before,
       event_after AS first_event_after,
       account_id,
       aws_region,
       round(hours, 1) AS gap_hours,
       -- The gap itself does not count: it would make the region look quieter than it is.
       round(events / greatest(hours_covered - hours, 1), 1) AS events_per_hour_otherwise,
       CAST(round(hours * events / greatest(hours_covered - hours, 1)) AS BIGINT) AS events_expected
FROM gaps
WHERE hours * events / greatest(hours_covered - hours, 1) >= $at_least
ORDER BY events_expected DESC, last_event_before, account_id, aws_region
