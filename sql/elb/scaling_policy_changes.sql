-- title: Scaling policies and hooks changed
-- description: Lists every attempt to change when a group grows or shrinks, what runs when it does, and who is told.
-- severity: low
-- mitre: T1578, T1546
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A lifecycle hook or a notification can start code on every launch. Expected: infrastructure code.
-- Suspicious: a hook that tells a topic or role of another account (notifies), a policy deleted before instances are
-- terminated.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'autoScalingGroupName' AS auto_scaling_group,
       coalesce(request_parameters->>'policyName', request_parameters->>'lifecycleHookName') AS policy_or_hook,
       coalesce(request_parameters->>'policyType', request_parameters->>'lifecycleTransition') AS kind,
       request_parameters->>'scalingAdjustment' AS adjustment,
       coalesce(request_parameters->>'notificationTargetARN', request_parameters->>'topicARN') AS notifies,
       request_parameters->>'roleARN' AS role_arn,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'autoscaling.amazonaws.com'
  AND event_name IN ('PutScalingPolicy', 'DeletePolicy', 'ExecutePolicy', 'PutLifecycleHook', 'DeleteLifecycleHook',
                     'CompleteLifecycleAction', 'PutNotificationConfiguration', 'DeleteNotificationConfiguration',
                     'EnableMetricsCollection', 'DisableMetricsCollection')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
