-- title: Log groups made without a key of yours
-- description: Lists new groups of logs that are not encrypted with a KMS key of the account, so that whoever may read the group can read the logs.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- CloudWatch encrypts every log with a key of its own; a key of yours lets you take the right to read away from
-- everyone at once.
-- Expected: nearly all groups, where no rule asks for a key. It matters for groups that hold secrets or personal
-- data.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'logGroupName' AS log_group,
       request_parameters->>'logGroupClass' AS log_group_class,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'logs.amazonaws.com'
  AND event_name = 'CreateLogGroup'
  AND (request_parameters->>'kmsKeyId') IS NULL
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
