-- title: Bucket notifications and inventories changed
-- description: Lists who made a bucket tell a queue, topic or function about every object, or send lists of all its objects somewhere.
-- severity: low
-- mitre: T1546, T1537, T1619
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A notification runs a function on each upload; an inventory writes the names of all objects to a bucket, also of
-- another account.
-- Expected: infrastructure code of applications. Suspicious: a target in another account, a bucket with secrets or
-- backups.

WITH calls AS (
  SELECT *,
         coalesce(request_parameters->>'NotificationConfiguration', request_parameters->>'InventoryConfiguration',
                  request_parameters->>'AnalyticsConfiguration') AS detail
  FROM cloudtrail
  WHERE event_source = 's3.amazonaws.com'
    AND event_name IN ('PutBucketNotification', 'PutBucketNotificationConfiguration',
                       'PutBucketInventoryConfiguration', 'PutInventoryConfiguration',
                       'DeleteBucketInventoryConfiguration', 'PutBucketAnalyticsConfiguration',
                       'PutAnalyticsConfiguration')
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
       coalesce(request_parameters->>'bucketName', arn_part(resource_arns[1], 'resource')) AS bucket,
       regexp_match(detail, '(arn:[a-z-]+:(?:sqs|sns|lambda|s3):[^"]*)')[1] AS first_target,
       detail,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
