-- title: Objects used without signing in
-- description: Lists requests for buckets and objects by callers without any credentials, and whether they were let in.
-- severity: medium
-- mitre: T1530, T1619
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Whoever makes such a request sees what the whole world sees.
-- Expected: a public website, refusals by robots that try every name. Suspicious: success on a bucket that is not
-- meant to be public, writes and deletions, lists. Then: buckets_made_public.
-- Reads and writes of objects are data events: CloudTrail records them only where a trail was told to. Where no trail
-- was, the S3 access log (group s3_access) may know.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       user_agent_tool(user_agent) AS tool,
       coalesce(request_parameters->>'bucketName',
                split_part(arn_part(resource_arns[1], 'resource'), '/', 1)) AS bucket,
       request_parameters->>'key' AS key,
       CAST(TRY_CAST(additional_event_data->>'bytesTransferredOut' AS DOUBLE) AS BIGINT) AS bytes_out,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND principal = 'anonymous'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
