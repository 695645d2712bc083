-- title: EC2 instances launched
-- description: Lists every attempt to launch instances: how many, which type and image, with which key pair, role and public address.
-- severity: info
-- mitre: T1496, T1578.002
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- One row for each call, however many instances it asks for; recent_instance_state_changes has a row for each
-- instance.
-- Spot requests and fleets are listed with what they ask for; their instances start later, launched by an AWS service.
-- public_address is what the call says; without a word of it the subnet decides.
-- Expected: auto scaling, deployments, the types and images you always use.
-- Suspicious: large or GPU types, a region you do not use, an image of a stranger, a series of limits exceeded
-- (VcpuLimitExceeded), user data from somebody who never launched anything.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('RunInstances', 'CreateFleet', 'RequestSpotInstances', 'RequestSpotFleet',
                       'RunScheduledInstances')
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
       coalesce(asked->>'instanceType', asked->'launchSpecification'->>'instanceType') AS instance_type,
       coalesce(asked->'instancesSet'->'items'->0->>'imageId', asked->>'imageId',
                asked->'launchSpecification'->>'imageId') AS image_id,
       coalesce(asked->'instancesSet'->'items'->0->>'maxCount', asked->>'maxCount', asked->>'instanceCount',
                asked->'TargetCapacitySpecification'->>'TotalTargetCapacity',
                asked->'spotFleetRequestConfig'->>'targetCapacity') AS instances_asked,
       CASE WHEN event_name = 'RunInstances'
         THEN coalesce(cardinality(json_get_array(response_elements, 'instancesSet', 'items')), 0)
       END AS instances_launched,
       coalesce(asked->'instancesSet'->'items'->0->>'keyName', asked->>'keyName',
                asked->'launchSpecification'->>'keyName') AS key_pair,
       coalesce(asked->'iamInstanceProfile'->>'arn', asked->'iamInstanceProfile'->>'name') AS instance_profile,
       coalesce(asked->'launchTemplate'->>'launchTemplateId', asked->'launchTemplate'->>'launchTemplateName',
                asked->'LaunchTemplateConfigs'->'LaunchTemplateSpecification'->>'LaunchTemplateId') AS launch_template,
       asked->'networkInterfaceSet'->'items'->0->>'associatePublicIpAddress' AS public_address,
       CASE WHEN (asked->>'omitted') IS NULL
         THEN coalesce(json_contains(asked, 'userData')
                       OR json_contains(asked, 'launchSpecification', 'userData'), false)
       END AS user_data,
       user_agent_tool(user_agent) AS tool,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
