-- title: Failed calls
-- description: Lists every call that did not succeed, refused or failed for another reason, the latest first.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: code text = NULL -- Only this error code
-- param: denied boolean = true -- Whether refused calls are listed beside the other errors
--
-- What somebody tried and did not get tells what they were after.
-- Expected: a great many harmless ones: questions about settings that are not there (NoSuchBucketPolicy), throttling,
-- stacks that are built twice. Narrow it by code, by account or by time; counts come from error_spikes.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       resource_arns,
       outcome,
       error_code,
       error_message,
       user_agent,
       event_id
FROM cloudtrail
WHERE outcome <> 'success'
  AND ($denied OR outcome <> 'denied')
  AND ($code IS NULL OR error_code = $code)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
