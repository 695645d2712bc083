-- title: New services in an account
-- description: Lists AWS services that somebody in an account used for the first time.
-- severity: medium
-- mitre: T1496
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: recent interval = '7 days' -- Without since: how long before the end of the log counts as new
--
-- Without since, what appeared in the last seven days of the log is listed; with since, what appeared from then on.
-- Compared is with all the log before, so the longer it is, the better the answer; an account that is itself new has
-- nothing to compare with and is not listed.
-- Expected: projects that begin. Suspicious: services that thieves like (SES, Lightsail, SageMaker, Bedrock, ECS), by
-- an identity that has nothing to do with them, refused attempts among them.

WITH ends AS (
  SELECT coalesce($since, max(event_time) - $recent) AS begin
  FROM cloudtrail
  WHERE ($until IS NULL OR event_time < $until)
),
seen AS (
  SELECT account_id,
         event_source,
         first_value(principal ORDER BY event_time, event_id) AS principal,
         first_value(source_ip ORDER BY event_time, event_id) AS source_ip,
         count(DISTINCT principal) AS principals,
         min(event_time) AS first_seen,
         max(event_time) AS last_seen,
         count(*) AS events,
         count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
         count(*) FILTER (WHERE outcome = 'denied') AS denied,
         first_value(event_name ORDER BY event_time, event_id) AS first_call,
         first_value(access_key_id ORDER BY event_time, event_id) AS access_key_id,
         first_value(event_id ORDER BY event_time, event_id) AS event_id
  FROM cloudtrail
  WHERE event_source IS NOT NULL
    AND coalesce(principal_type, '') <> 'AWSService'
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY account_id, event_source
),
compared AS (
  SELECT *, min(first_seen) OVER (PARTITION BY account_id) AS account_seen
  FROM seen
)
SELECT first_seen,
       account_id,
       event_source,
       principal AS first_principal,
       source_ip AS first_source_ip,
       principals,
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
ORDER BY first_seen DESC, account_id, event_source
