-- title: Traffic mirroring set up
-- description: Lists every attempt to copy the network traffic of an instance to another place.
-- severity: high
-- mitre: T1040, T1537
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Mirroring hands over everything that is not encrypted. Expected: your own network monitoring, made by infrastructure
-- code.
-- Suspicious: everything else, refused attempts too; the target tells where the traffic goes.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('CreateTrafficMirrorSession', 'ModifyTrafficMirrorSession', 'DeleteTrafficMirrorSession',
                       'CreateTrafficMirrorTarget', 'DeleteTrafficMirrorTarget', 'CreateTrafficMirrorFilter',
                       'DeleteTrafficMirrorFilter', 'CreateTrafficMirrorFilterRule', 'ModifyTrafficMirrorFilterRule',
                       'DeleteTrafficMirrorFilterRule', 'ModifyTrafficMirrorFilterNetworkServices')
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
       coalesce(asked->>'TrafficMirrorSessionId',
                answered->'trafficMirrorSession'->>'trafficMirrorSessionId') AS session_id,
       coalesce(asked->>'NetworkInterfaceId', asked->>'networkInterfaceId') AS network_interface,
       coalesce(asked->>'TrafficMirrorTargetId', asked->>'NetworkLoadBalancerArn',
                asked->>'GatewayLoadBalancerEndpointId',
                answered->'trafficMirrorTarget'->>'trafficMirrorTargetId') AS target,
       coalesce(asked->>'TrafficMirrorFilterId',
                answered->'trafficMirrorFilter'->>'trafficMirrorFilterId') AS filter_id,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
