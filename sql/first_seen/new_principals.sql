-- title: New identities
-- description: Lists identities that were active in an account for the first time, with what they did first and from where.
-- severity: medium
-- mitre: T1136.003, T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: recent interval = '7 days' -- Without since: how long before the end of the log counts as new
--
-- Without since, what appeared in the last seven days of the log is listed; with since, what appeared from then on.
-- Compared is with all the log before, so the longer it is, the better the answer; an account that is itself new has
-- nobody who is known and is not listed.
-- from_outside is true for an identity of another account.
-- Expected: new colleagues, new programs. Suspicious: an outside account, a name that imitates a service, writes to
-- IAM at once.

WITH ends AS (
  SELECT coalesce($since, max(event_time) - $recent) AS begin
  FROM cloudtrail
  WHERE ($until IS NULL OR event_time < $until)
),
seen AS (
  SELECT account_id,
         principal,
         min(coalesce(principal_kind(principal), principal_kind(principal_type))) AS kind,
         bool_or(user_account_id <> account_id) AS from_outside,
         first_value(source_ip ORDER BY event_time, event_id) AS source_ip,
         array_to_string(array_slice(array_sort(array_agg(DISTINCT event_name)), 1, 8), ', ') AS some_calls,
         min(event_time) AS first_seen,
         max(event_time) AS last_seen,
         count(*) AS events,
         count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
         count(*) FILTER (WHERE outcome = 'denied') AS denied,
         first_value(event_name ORDER BY event_time, event_id) AS first_call,
         first_value(access_key_id ORDER BY event_time, event_id) AS access_key_id,
         first_value(event_id ORDER BY event_time, event_id) AS event_id
  FROM cloudtrail
  WHERE principal IS NOT NULL
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY account_id, principal
),
compared AS (
  SELECT *, min(first_seen) OVER (PARTITION BY account_id) AS account_seen
  FROM seen
)
SELECT first_seen,
       account_id,
       principal,
       kind,
       from_outside,
       source_ip,
       some_calls,
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
ORDER BY first_seen DESC, account_id, principal
