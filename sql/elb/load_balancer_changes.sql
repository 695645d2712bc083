-- title: Load balancer changes
-- description: Lists every attempt to make, change or delete a load balancer, its listeners, rules and certificates, and what it sends traffic to.
-- severity: low
-- mitre: T1565.003, T1485
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: deployments, the controllers of clusters, auto scaling (it registers instances).
-- Suspicious: a new target that is an address (traffic is handed to somebody), a listener without encryption, a rule
-- that redirects elsewhere, deletions.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'ruleArn', request_parameters->>'listenerArn',
                request_parameters->>'targetGroupArn', request_parameters->>'loadBalancerArn',
                request_parameters->>'loadBalancerName',
                response_elements->'loadBalancers'->0->>'loadBalancerArn',
                response_elements->'targetGroups'->0->>'targetGroupArn',
                response_elements->'rules'->0->>'ruleArn', request_parameters->>'trustStoreArn',
                request_parameters->>'name') AS changed,
       coalesce(request_parameters->>'scheme', response_elements->'loadBalancers'->0->>'scheme') AS scheme,
       coalesce(json_get_json(request_parameters, 'targets'),
                json_get_json(request_parameters, 'instances')) AS targets,
       coalesce(json_get_json(request_parameters, 'defaultActions'),
                json_get_json(request_parameters, 'actions')) AS actions,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'elasticloadbalancing.amazonaws.com'
  AND event_name IN ('CreateLoadBalancer', 'DeleteLoadBalancer', 'ModifyLoadBalancerAttributes', 'CreateListener',
                     'ModifyListener', 'DeleteListener', 'CreateLoadBalancerListeners', 'DeleteLoadBalancerListeners',
                     'SetLoadBalancerListenerSSLCertificate', 'AddListenerCertificates', 'RemoveListenerCertificates',
                     'CreateRule', 'ModifyRule', 'DeleteRule', 'SetRulePriorities', 'CreateTargetGroup',
                     'ModifyTargetGroup', 'ModifyTargetGroupAttributes', 'DeleteTargetGroup', 'RegisterTargets',
                     'DeregisterTargets', 'RegisterInstancesWithLoadBalancer', 'DeregisterInstancesFromLoadBalancer',
                     'SetSubnets', 'SetIpAddressType', 'SetSecurityGroups', 'AttachLoadBalancerToSubnets',
                     'DetachLoadBalancerFromSubnets', 'ApplySecurityGroupsToLoadBalancer', 'CreateLoadBalancerPolicy',
                     'DeleteLoadBalancerPolicy', 'SetLoadBalancerPoliciesOfListener', 'CreateTrustStore',
                     'ModifyTrustStore', 'DeleteTrustStore')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
