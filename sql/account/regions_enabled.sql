-- title: Regions switched on or off
-- description: Lists attempts to enable or disable a region of an account.
-- severity: high
-- mitre: T1535
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A region that nobody uses is watched by nobody: detectors and recorders are set up per region.
-- Expected: none, unless somebody planned it. Suspicious: every row; look for instances started there.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'RegionName', request_parameters->>'regionName') AS opted_region,
       coalesce(request_parameters->>'AccountId', request_parameters->>'accountId') AS for_account,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'account.amazonaws.com'
  AND event_name IN ('EnableRegion', 'DisableRegion')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
