-- title: Events that are in the lake more than once
-- description: Counts events that came in several copies, by day and by the folders the copies lie in, so that counts can be corrected.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Both copies are kept: each is evidence, and each names its file. Whoever counts events must count DISTINCT
-- event_id.
-- Expected: two trails that record the same account (an organization's and its own), where first_folder and
-- last_folder belong to different buckets or prefixes; files that were copied. Suspicious: copies that differ
-- (differing above 0): one of them may have been altered. Compare them: SELECT * FROM cloudtrail_json WHERE event_id
-- = ...

WITH copies AS (
  SELECT event_id,
         account_id,
         aws_region,
         min(event_date) AS event_date,
         count(*) AS copies,
         count(DISTINCT concat_ws('|', event_time, event_name, principal, source_ip, outcome, request_parameters))
           AS versions,
         min(regexp_replace(source_file, '/[^/]*$', '')) AS first_folder,
         max(regexp_replace(source_file, '/[^/]*$', '')) AS last_folder
  FROM cloudtrail
  WHERE event_id IS NOT NULL
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY event_id, account_id, aws_region
  HAVING count(*) > 1
)
SELECT event_date,
       account_id,
       aws_region,
       count(*) AS events,
       CAST(sum(copies) - count(*) AS BIGINT) AS surplus_rows,
       count(*) FILTER (WHERE versions > 1) AS differing,
       first_folder,
       last_folder,
       min(event_id) AS example_event_id
FROM copies
GROUP BY event_date, account_id, aws_region, first_folder, last_folder
ORDER BY event_date DESC NULLS LAST, account_id, aws_region, first_folder, last_folder
