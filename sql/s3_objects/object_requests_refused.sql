-- title: Object requests refused or failed
-- description: Counts, by identity and address, the requests for objects that S3 refused or could not answer.
-- severity: low
-- mitre: T1619, T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which calls are counted together
--
-- Many keys that do not exist are guesses; many refusals are somebody who looks how far a key reaches.
-- Expected: an application with a wrong permission, which asks the same again and again. Suspicious: many different
-- keys or buckets, a tool or address you do not know, successes among them (objects_read).
-- Reads and writes of objects are data events: CloudTrail records them only where a trail was told to. Where no trail
-- was, the S3 access log (group s3_access) may know.

SELECT min(event_time) AS first_event,
       max(event_time) AS last_event,
       account_id,
       principal,
       source_ip,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools,
       coalesce(request_parameters->>'bucketName',
                split_part(arn_part(resource_arns[1], 'resource'), '/', 1)) AS bucket,
       outcome,
       error_code,
       count(*) AS requests,
       count(DISTINCT request_parameters->>'key') AS keys,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND management_event IS FALSE
  AND outcome <> 'success'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, principal, source_ip,
         coalesce(request_parameters->>'bucketName',
                  split_part(arn_part(resource_arns[1], 'resource'), '/', 1)), outcome, error_code
ORDER BY first_event DESC, principal, source_ip, bucket, error_code
