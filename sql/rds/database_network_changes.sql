-- title: Changes to who can reach a database
-- description: Lists changes to the security groups, subnets and ports of databases, and to the older security groups of RDS itself.
-- severity: medium
-- mitre: T1190, T1562.007
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- opened_to is an address range let in through a security group of RDS, which only old databases have. Rules of VPC
-- security groups are changed in EC2 and stand in the reports of the group security_groups.
-- Expected: infrastructure code. Suspicious: a group that lets everyone in, subnets with a way to the internet, and a
-- change of one database by hand.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'dBInstanceIdentifier', request_parameters->>'dBClusterIdentifier',
                request_parameters->>'dBSecurityGroupName', request_parameters->>'dBSubnetGroupName',
                response_elements->>'dBInstanceIdentifier', response_elements->>'dBClusterIdentifier') AS changed,
       coalesce(request_parameters->>'cIDRIP', request_parameters->>'eC2SecurityGroupId',
                request_parameters->>'eC2SecurityGroupName') AS opened_to,
       coalesce(request_parameters->>'vpcSecurityGroupIds', request_parameters->>'dBSecurityGroups')
         AS security_groups,
       coalesce(request_parameters->>'subnetIds', request_parameters->>'dBSubnetGroupName') AS subnets,
       request_parameters->>'dBPortNumber' AS port,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'rds.amazonaws.com'
  AND (event_name IN ('CreateDBSecurityGroup', 'DeleteDBSecurityGroup', 'AuthorizeDBSecurityGroupIngress',
                      'RevokeDBSecurityGroupIngress', 'CreateDBSubnetGroup', 'ModifyDBSubnetGroup',
                      'DeleteDBSubnetGroup')
       OR event_name IN ('ModifyDBInstance', 'ModifyDBCluster')
          AND (json_contains(request_parameters, 'vpcSecurityGroupIds')
               OR json_contains(request_parameters, 'dBSecurityGroups')
               OR json_contains(request_parameters, 'dBSubnetGroupName')
               OR json_contains(request_parameters, 'dBPortNumber')
               OR request_parameters IS NULL OR (request_parameters->>'omitted') = 'true'))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
