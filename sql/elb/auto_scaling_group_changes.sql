-- title: Auto Scaling group changes
-- description: Lists every attempt to make, resize, change or delete a group of instances that scales by itself, and each pause of its processes.
-- severity: medium
-- mitre: T1496, T1578, T1489
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: deployments, schedulers, scaling policies (a service makes those calls).
-- Suspicious: a large desired capacity, a group in a region you do not use, processes suspended (the group no longer
-- replaces what is terminated), capacity set to zero (an outage).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'autoScalingGroupName' AS auto_scaling_group,
       request_parameters->>'minSize' AS min_size,
       request_parameters->>'maxSize' AS max_size,
       request_parameters->>'desiredCapacity' AS desired_capacity,
       coalesce(request_parameters->'launchTemplate'->>'launchTemplateId',
                request_parameters->'launchTemplate'->>'launchTemplateName',
                request_parameters->>'launchConfigurationName') AS launched_from,
       coalesce(request_parameters->>'instanceId', json_get_json(request_parameters, 'instanceIds'),
                json_get_json(request_parameters, 'scalingProcesses'), request_parameters->>'scheduledActionName',
                json_get_json(request_parameters, 'targetGroupARNs')) AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'autoscaling.amazonaws.com'
  AND event_name IN ('CreateAutoScalingGroup', 'UpdateAutoScalingGroup', 'DeleteAutoScalingGroup',
                     'SetDesiredCapacity', 'AttachInstances', 'DetachInstances',
                     'TerminateInstanceInAutoScalingGroup', 'SetInstanceProtection', 'SetInstanceHealth',
                     'EnterStandby', 'ExitStandby', 'SuspendProcesses', 'ResumeProcesses', 'StartInstanceRefresh',
                     'CancelInstanceRefresh', 'PutScheduledUpdateGroupAction', 'BatchPutScheduledUpdateGroupAction',
                     'DeleteScheduledAction', 'BatchDeleteScheduledAction', 'AttachLoadBalancers',
                     'DetachLoadBalancers', 'AttachLoadBalancerTargetGroups', 'DetachLoadBalancerTargetGroups',
                     'AttachTrafficSources', 'DetachTrafficSources', 'PutWarmPool', 'DeleteWarmPool')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
