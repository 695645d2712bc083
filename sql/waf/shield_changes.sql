-- title: Shield protection changed
-- description: Lists every attempt to remove or weaken the protection against floods of traffic that Shield Advanced gives.
-- severity: high
-- mitre: T1562.001, T1498
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: CreateProtection by infrastructure code. Suspicious: everything that deletes, disables or disassociates;
-- EnableApplicationLayerAutomaticResponse set to count.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'resourceArn', request_parameters->>'protectionId',
                request_parameters->>'protectionGroupId', request_parameters->>'logBucket',
                request_parameters->>'autoRenew') AS changed,
       CASE
         WHEN event_name LIKE 'Delete%' OR event_name LIKE 'Disable%' OR event_name LIKE 'Disassociate%' THEN 'weaker'
         WHEN event_name LIKE 'Update%' THEN 'altered'
         ELSE 'stronger'
       END AS protection,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'shield.amazonaws.com'
  AND event_name IN ('CreateProtection', 'DeleteProtection', 'CreateProtectionGroup', 'UpdateProtectionGroup',
                     'DeleteProtectionGroup', 'CreateSubscription', 'UpdateSubscription', 'DeleteSubscription',
                     'EnableProactiveEngagement', 'DisableProactiveEngagement',
                     'EnableApplicationLayerAutomaticResponse', 'UpdateApplicationLayerAutomaticResponse',
                     'DisableApplicationLayerAutomaticResponse', 'AssociateDRTRole', 'DisassociateDRTRole',
                     'AssociateDRTLogBucket', 'DisassociateDRTLogBucket', 'AssociateHealthCheck',
                     'DisassociateHealthCheck', 'UpdateEmergencyContactSettings')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
