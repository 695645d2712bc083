-- title: Days with unusually many errors
-- description: Lists errors that were far more frequent on one day than in the week before, or were new on it, by account and service.
-- severity: medium
-- mitre: T1526, T1580
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: at_least integer = 10 -- The fewest errors of a day that are listed
-- param: times integer = 5 -- How many times the average of the seven days before
--
-- An intruder who feels their way makes errors that nobody made before.
-- Expected: a failed deployment, a quota that was reached, a tool that was set up wrongly.
-- Suspicious: few identities behind many errors, codes that speak of permission, new codes (average_before is 0).
-- Days are those of UTC. The first day of an account in the lake has nothing to compare with and is left out.

WITH days AS (
  SELECT event_date,
         account_id,
         event_source,
         coalesce(error_code, outcome) AS error_code,
         count(*) AS errors,
         count(DISTINCT principal) AS principals,
         count(DISTINCT event_name) AS calls,
         array_to_string(array_sort(array_agg(DISTINCT principal)), ', ') AS who,
         min(event_time) AS first_error,
         max(event_time) AS last_error
  FROM cloudtrail
  WHERE outcome <> 'success'
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY event_date, account_id, event_source, coalesce(error_code, outcome)
),
beginnings AS (
  SELECT account_id, min(event_date) AS first_day
  FROM cloudtrail
  GROUP BY account_id
),
compared AS (
  SELECT day.event_date, day.account_id, day.event_source, day.error_code, day.errors, day.principals, day.calls,
         day.who, day.first_error, day.last_error,
         coalesce(sum(earlier.errors), 0)
           / CAST(least(7, CAST(day.event_date AS INTEGER) - CAST(beginnings.first_day AS INTEGER)) AS DOUBLE)
           AS average_before
  FROM days AS day
  JOIN beginnings ON beginnings.account_id = day.account_id AND day.event_date > beginnings.first_day
  LEFT JOIN days AS earlier
    ON earlier.account_id = day.account_id
   AND earlier.event_source = day.event_source
   AND earlier.error_code = day.error_code
   AND earlier.event_date < day.event_date
   AND earlier.event_date >= day.event_date - INTERVAL '7 days'
  -- The days before are read even where only later ones are asked for.
  WHERE $since IS NULL OR day.last_error >= $since
  GROUP BY day.event_date, day.account_id, day.event_source, day.error_code, day.errors, day.principals, day.calls,
           day.who, day.first_error, day.last_error, beginnings.first_day
)
SELECT event_date,
       account_id,
       event_source,
       error_code,
       errors,
       round(average_before, 1) AS average_before,
       principals,
       who,
       calls,
       first_error,
       last_error
FROM compared
WHERE errors >= $at_least
  AND errors >= $times * average_before
ORDER BY event_date DESC, errors DESC, account_id, event_source, error_code
