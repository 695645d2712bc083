-- title: New regions of identities and accounts
-- description: Lists regions in which a known identity, or a whole account, was active for the first time.
-- severity: medium
-- mitre: T1535
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: recent interval = '7 days' -- Without since: how long before the end of the log counts as new
--
-- Without since, what appeared in the last seven days of the log is listed; with since, what appeared from then on.
-- Compared is with all the log before, so the longer it is, the better the answer; an account that is itself new has
-- nothing to compare with and is not listed.
-- new_to_account is true if nobody in the account was ever active in the region.
-- Expected: global services (us-east-1), scanners that look everywhere. Suspicious: writes in a region new to the
-- account.

WITH ends AS (
  SELECT coalesce($since, max(event_time) - $recent) AS begin
  FROM cloudtrail
  WHERE ($until IS NULL OR event_time < $until)
),
seen AS (
  SELECT account_id,
         principal,
         aws_region,
         min(event_time) AS first_seen,
         max(event_time) AS last_seen,
         count(*) AS events,
         count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
         count(*) FILTER (WHERE outcome = 'denied') AS denied,
         first_value(event_name ORDER BY event_time, event_id) AS first_call,
         first_value(access_key_id ORDER BY event_time, event_id) AS access_key_id,
         first_value(event_id ORDER BY event_time, event_id) AS event_id
  FROM cloudtrail
  WHERE aws_region IS NOT NULL
    AND coalesce(principal_type, '') <> 'AWSService'
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY account_id, principal, aws_region
),
compared AS (
  SELECT *,
         min(first_seen) OVER (PARTITION BY account_id, principal) AS principal_seen,
         min(first_seen) OVER (PARTITION BY account_id, aws_region) AS region_seen,
         min(first_seen) OVER (PARTITION BY account_id) AS account_seen
  FROM seen
)
SELECT first_seen,
       account_id,
       principal,
       aws_region,
       region_seen >= ends.begin AS new_to_account,
       events,
       writes,
       denied,
       first_call,
       access_key_id,
       last_seen,
       event_id
FROM compared
CROSS JOIN ends
WHERE first_seen >= ends.begin
  AND account_seen < ends.begin
  AND (principal_seen < ends.begin OR region_seen >= ends.begin)
ORDER BY first_seen DESC, account_id, aws_region, principal NULLS FIRST
