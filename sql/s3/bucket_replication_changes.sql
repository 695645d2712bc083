-- title: Bucket replication changed
-- description: Lists each rule by which S3 copies what is written to a bucket into another bucket, perhaps of another account.
-- severity: high
-- mitre: T1537
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- One row for each rule. Replication copies everything new, quietly and by S3 itself, for as long as the rule stands.
-- Expected: your own backup account or second region. Suspicious: a destination bucket or account you do not know. The
-- account stands there only if the rule hands over ownership; ask whose the bucket is.

WITH calls AS (
  SELECT *,
         -- One rule stands there as an object, several as a list.
         coalesce(json_get_array(request_parameters, 'ReplicationConfiguration', 'Rule'),
                  make_array(request_parameters->'ReplicationConfiguration'->>'Rule')) AS rules
  FROM cloudtrail
  WHERE event_source = 's3.amazonaws.com'
    AND event_name IN ('PutBucketReplication', 'PutReplicationConfiguration', 'DeleteBucketReplication')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
each_rule AS (
  SELECT *, unnest(CASE WHEN cardinality(rules) > 0 THEN rules ELSE make_array(CAST(NULL AS VARCHAR)) END) AS item
  FROM calls
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
       arn_part(item->'Destination'->>'Bucket', 'resource') AS to_bucket,
       item->'Destination'->>'Account' AS to_account,
       (item->'Destination'->>'Account') <> account_id AS to_another_account,
       request_parameters->'ReplicationConfiguration'->>'Role' AS role_arn,
       outcome,
       error_code,
       event_id
FROM each_rule
ORDER BY event_time DESC, event_id, rule
