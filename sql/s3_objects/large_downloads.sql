-- title: Large downloads of objects
-- description: Lists identities that fetched many objects or many bytes from a bucket within an hour.
-- severity: medium
-- mitre: T1530, T1567
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which calls are counted together
-- param: at_least_bytes integer = 1073741824 -- The fewest bytes fetched
-- param: at_least_objects integer = 1000 -- Or the fewest different objects asked for
--
-- Expected: analytics, backups and content delivery, each by its own role and in steady amounts. Suspicious: a person,
-- an address that is not yours, an identity that never read this bucket, requests refused among those allowed.
-- Reads and writes of objects are data events: CloudTrail records them only where a trail was told to. Where no trail
-- was, the S3 access log (group s3_access) may know.
-- Windows lie on the clock; a call that copies within S3 moves bytes that are not counted here.

WITH reads AS (
  SELECT *,
         coalesce(request_parameters->>'bucketName',
                  split_part(arn_part(resource_arns[1], 'resource'), '/', 1)) AS bucket,
         CAST(TRY_CAST(additional_event_data->>'bytesTransferredOut' AS DOUBLE) AS BIGINT) AS bytes
  FROM cloudtrail
  WHERE event_source = 's3.amazonaws.com'
    AND event_name IN ('GetObject', 'GetObjectVersion', 'SelectObjectContent')
    AND NOT coalesce(is_aws_service(source_ip), false)
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT min(event_time) AS first_event,
       max(event_time) AS last_event,
       account_id,
       principal,
       source_ip,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools,
       bucket,
       count(DISTINCT request_parameters->>'key') FILTER (WHERE outcome = 'success') AS objects,
       coalesce(sum(bytes) FILTER (WHERE outcome = 'success'), 0) AS bytes_out,
       count(*) FILTER (WHERE outcome <> 'success') AS refused_or_failed
FROM reads
GROUP BY date_bin($window, event_time), account_id, principal, source_ip, bucket
HAVING coalesce(sum(bytes) FILTER (WHERE outcome = 'success'), 0) >= $at_least_bytes
    OR count(DISTINCT request_parameters->>'key') >= $at_least_objects
ORDER BY first_event DESC, principal, source_ip, bucket
