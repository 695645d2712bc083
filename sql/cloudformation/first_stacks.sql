-- title: First stacks of an identity
-- description: Lists for each identity the first time it made or changed a stack, which is a change of habit worth a look.
-- severity: low
-- mitre: T1648
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- First means first in this lake: the longer the lake reaches back, the more a row says. since and until choose among
-- the first times, the others are looked for in the whole lake.
-- Expected: new colleagues, new pipelines. Suspicious: an identity that exists for long, a session of an instance or
-- a function.

WITH stacks AS (
  SELECT *,
         row_number() OVER (PARTITION BY account_id, principal ORDER BY event_time, event_id) AS place,
         count(*) OVER (PARTITION BY account_id, principal) AS calls_in_all
  FROM cloudtrail
  WHERE event_source = 'cloudformation.amazonaws.com'
    AND event_name IN ('CreateStack', 'UpdateStack', 'CreateChangeSet', 'ExecuteChangeSet', 'CreateStackSet',
                       'CreateStackInstances')
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'stackName', request_parameters->>'stackSetName') AS stack,
       calls_in_all,
       outcome,
       error_code,
       event_id
FROM stacks
WHERE place = 1
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
ORDER BY event_time DESC, event_id
