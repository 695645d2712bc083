-- title: Security groups of other services changed
-- description: Lists every attempt to open the older security groups of databases and caches, or to give a load balancer other security groups.
-- severity: medium
-- mitre: T1562.007, T1190
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- DB, cache and Redshift security groups let addresses in past the VPC. cidr and ec2_group say whom.
-- Expected: infrastructure code. Suspicious: 0.0.0.0/0, a single address nobody knows, the group of another account.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'dBSecurityGroupName', request_parameters->>'cacheSecurityGroupName',
                request_parameters->>'clusterSecurityGroupName', request_parameters->>'loadBalancerArn',
                request_parameters->>'loadBalancerName') AS changed,
       coalesce(request_parameters->>'cIDRIP', request_parameters->>'cidrip', request_parameters->>'cIDRIp') AS cidr,
       coalesce(request_parameters->>'eC2SecurityGroupId', request_parameters->>'eC2SecurityGroupName',
                json_get_json(request_parameters, 'securityGroups')) AS ec2_group,
       request_parameters->>'eC2SecurityGroupOwnerId' AS ec2_group_owner,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source = 'rds.amazonaws.com'
        AND event_name IN ('CreateDBSecurityGroup', 'DeleteDBSecurityGroup', 'AuthorizeDBSecurityGroupIngress',
                           'RevokeDBSecurityGroupIngress'))
       OR (event_source = 'elasticache.amazonaws.com'
           AND event_name IN ('CreateCacheSecurityGroup', 'DeleteCacheSecurityGroup',
                              'AuthorizeCacheSecurityGroupIngress', 'RevokeCacheSecurityGroupIngress'))
       OR (event_source = 'redshift.amazonaws.com'
           AND event_name IN ('CreateClusterSecurityGroup', 'DeleteClusterSecurityGroup',
                              'AuthorizeClusterSecurityGroupIngress', 'RevokeClusterSecurityGroupIngress'))
       OR (event_source = 'elasticloadbalancing.amazonaws.com'
           AND event_name IN ('SetSecurityGroups', 'ApplySecurityGroupsToLoadBalancer')))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
