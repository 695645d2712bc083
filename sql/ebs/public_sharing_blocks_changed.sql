-- title: Block on public sharing changed
-- description: Lists every attempt to switch on or off what keeps snapshots and machine images from being shared with everybody.
-- severity: high
-- mitre: T1562, T1537
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- It holds for the account in one region. Switching it off is the step before a snapshot or an image is made public.
-- Expected: switched on, once. Suspicious: switched off, by anybody.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('EnableSnapshotBlockPublicAccess', 'DisableSnapshotBlockPublicAccess',
                       'EnableImageBlockPublicAccess', 'DisableImageBlockPublicAccess')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
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
       CASE WHEN event_name LIKE '%Snapshot%' THEN 'snapshots' ELSE 'images' END AS guards,
       CASE WHEN event_name LIKE 'Disable%' THEN 'off' ELSE 'on' END AS block,
       coalesce(asked->>'State', asked->>'ImageBlockPublicAccessState') AS state,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
