-- title: Log groups deleted or cut short
-- description: Lists attempts to delete groups and streams of logs, to shorten how long they are kept, or to cut what passes them on.
-- severity: medium
-- mitre: T1485, T1562.008, T1070
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: keep_below integer = 90 -- List retention only if shorter than so many days; NULL for all
--
-- Log groups hold what applications, functions, flow logs and often CloudTrail itself wrote. What is deleted is gone
-- at once.
-- Expected: stacks that are taken down, tests that clean up, retention set once by infrastructure code.
-- Suspicious: the group of CloudTrail or of flow logs, keep_days below 30, a subscription filter that carried logs to
-- the security account.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'logGroupName', request_parameters->>'logGroupIdentifier',
                request_parameters->>'resourceIdentifier') AS log_group,
       coalesce(request_parameters->>'logStreamName', request_parameters->>'filterName',
                request_parameters->>'destinationName', request_parameters->>'policyName',
                request_parameters->>'name', request_parameters->>'id') AS what,
       TRY_CAST(request_parameters->>'retentionInDays' AS INTEGER) AS keep_days,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'logs.amazonaws.com'
  AND event_name IN ('DeleteLogGroup', 'DeleteLogStream', 'PutRetentionPolicy', 'DeleteSubscriptionFilter',
                     'DeleteAccountPolicy', 'DeleteDestination', 'DeleteDelivery', 'DeleteDeliverySource',
                     'DeleteDeliveryDestination', 'DisassociateKmsKey', 'DeleteDataProtectionPolicy',
                     'DeleteResourcePolicy', 'DeleteQueryDefinition', 'DeleteExportTask',
                     'PutLogGroupDeletionProtection')
  AND ($keep_below IS NULL OR event_name <> 'PutRetentionPolicy'
       OR coalesce(TRY_CAST(request_parameters->>'retentionInDays' AS INTEGER), 0) < $keep_below)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
