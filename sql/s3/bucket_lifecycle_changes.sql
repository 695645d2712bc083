-- title: Lifecycle rules that delete objects
-- description: Lists each rule, set or removed, by which S3 itself deletes or moves objects after some days.
-- severity: medium
-- mitre: T1485.001, T1490
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: at_most_days integer = NULL -- Only rules that delete within so many days
--
-- One row for each rule. A rule of one day over a whole bucket deletes everything by tomorrow, and the deletions are
-- then S3's own.
-- Expected: infrastructure code, rules of months or years. Suspicious: few days, a bucket with logs or backups, no
-- prefix.
-- A call replaces all rules of the bucket: rules that are not in it are gone. --param at_most_days=7 narrows to what
-- deletes soon; rules whose days are unknown stay.

WITH calls AS (
  SELECT *,
         -- One rule stands there as an object, several as a list.
         coalesce(json_get_array(request_parameters, 'LifecycleConfiguration', 'Rule'),
                  make_array(request_parameters->'LifecycleConfiguration'->>'Rule')) AS rules
  FROM cloudtrail
  WHERE event_source = 's3.amazonaws.com'
    AND event_name IN ('PutBucketLifecycle', 'PutBucketLifecycleConfiguration', 'PutLifecycleConfiguration',
                       'DeleteBucketLifecycle', 'DeleteBucketLifecycleConfiguration')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
each_rule AS (
  SELECT *, unnest(CASE WHEN cardinality(rules) > 0 THEN rules ELSE make_array(CAST(NULL AS VARCHAR)) END) AS item
  FROM calls
),
read_rules AS (
  SELECT *,
         TRY_CAST(item->'Expiration'->>'Days' AS BIGINT) AS delete_after_days,
         TRY_CAST(coalesce(item->'NoncurrentVersionExpiration'->>'NoncurrentDays',
                           item->'NoncurrentVersionExpiration'->>'Days') AS BIGINT) AS delete_versions_after_days
  FROM each_rule
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
       item->>'ID' AS rule,
       item->>'Status' AS status,
       coalesce(item->'Filter'->>'Prefix', item->'Filter'->'And'->>'Prefix', item->>'Prefix') AS prefix,
       delete_after_days,
       item->'Expiration'->>'Date' AS delete_on,
       delete_versions_after_days,
       item->>'Transition' AS moves,
       outcome,
       error_code,
       event_id
FROM read_rules
WHERE $at_most_days IS NULL
   OR least(delete_after_days, delete_versions_after_days) <= $at_most_days
   OR delete_after_days IS NULL AND delete_versions_after_days IS NULL
ORDER BY event_time DESC, event_id, rule
