-- title: Container tasks and services changed
-- description: Lists who registered, started, changed or removed containers in ECS, with which image and role.
-- severity: medium
-- mitre: T1610, T1525, T1496
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A task runs any image with any role that its maker may pass on: that is a way to more rights, or to mine coins.
-- first_image and first_command are those of the first container; overrides replace commands and roles for one run.
-- Expected: deployments by their tool, services that scale. Suspicious: an image from a registry you do not use, a
-- person, an override, a big desired count.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'cluster', request_parameters->>'clusterName') AS cluster,
       coalesce(request_parameters->>'serviceName', request_parameters->>'service',
                request_parameters->>'family', request_parameters->>'taskDefinition',
                response_elements->'taskDefinition'->>'family', request_parameters->>'task') AS changed,
       request_parameters->'containerDefinitions'->0->>'image' AS first_image,
       request_parameters->'containerDefinitions'->0->>'command' AS first_command,
       coalesce(request_parameters->>'taskRoleArn', request_parameters->'overrides'->>'taskRoleArn') AS role_arn,
       coalesce(request_parameters->>'desiredCount', request_parameters->>'count') AS wanted,
       request_parameters->>'overrides' AS overrides,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'ecs.amazonaws.com'
  AND event_name IN ('RegisterTaskDefinition', 'DeregisterTaskDefinition', 'DeleteTaskDefinitions', 'RunTask',
                     'StartTask', 'StopTask', 'CreateService', 'UpdateService', 'DeleteService', 'CreateTaskSet',
                     'CreateCluster', 'UpdateCluster', 'DeleteCluster', 'PutClusterCapacityProviders')
  AND NOT coalesce(is_aws_service(source_ip) AND event_name IN ('RunTask', 'StopTask'), false)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
