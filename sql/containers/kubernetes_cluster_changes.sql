-- title: Kubernetes clusters opened and changed
-- description: Lists who made, altered or deleted a cluster of EKS, opened its address, or gave somebody access to it.
-- severity: high
-- mitre: T1098.006, T1190, T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- An access entry with a policy such as AmazonEKSClusterAdminPolicy makes an identity master of the cluster.
-- Expected: infrastructure code. Suspicious: an entry for an identity that has no business there, public_endpoint true
-- with open_to 0.0.0.0/0, logging switched off, big new node groups. What happens inside a cluster is in its audit
-- log, not here.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'name', request_parameters->>'clusterName',
                response_elements->'accessEntry'->>'clusterName') AS cluster,
       -- What stands in the address of a call is recorded as it stood there.
       replace(replace(request_parameters->>'principalArn', '%3A', ':'), '%2F', '/') AS given_to,
       request_parameters->>'policyArn' AS policy_arn,
       coalesce(request_parameters->'resourcesVpcConfig'->>'endpointPublicAccess',
                response_elements->'cluster'->'resourcesVpcConfig'->>'endpointPublicAccess') AS public_endpoint,
       request_parameters->'resourcesVpcConfig'->>'publicAccessCidrs' AS open_to,
       request_parameters->>'logging' AS logging,
       request_parameters->>'nodegroupName' AS node_group,
       request_parameters->>'instanceTypes' AS instance_types,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'eks.amazonaws.com'
  AND event_name IN ('CreateCluster', 'DeleteCluster', 'UpdateClusterConfig', 'UpdateClusterVersion',
                     'CreateNodegroup', 'UpdateNodegroupConfig', 'DeleteNodegroup', 'CreateFargateProfile',
                     'DeleteFargateProfile', 'CreateAccessEntry', 'UpdateAccessEntry', 'DeleteAccessEntry',
                     'AssociateAccessPolicy', 'DisassociateAccessPolicy', 'CreatePodIdentityAssociation',
                     'UpdatePodIdentityAssociation', 'AssociateIdentityProviderConfig', 'RegisterCluster',
                     'CreateAddon', 'DeleteAddon')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
