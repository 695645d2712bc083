-- title: Container images and registries changed
-- description: Lists who pushed, deleted, shared or replicated container images, or switched off their scanning.
-- severity: medium
-- mitre: T1525, T1537, T1485
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- An image that is replaced runs at the next start of every container that uses its tag.
-- Expected: pushes by the build, clean-up. Suspicious: a push by a person, public or other_accounts in a policy,
-- replication to a registry that is not yours, scanning off, deletions by force.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       user_agent_tool(user_agent) AS tool,
       request_parameters->>'repositoryName' AS repository,
       coalesce(request_parameters->>'imageTag', request_parameters->>'imageIds') AS images,
       policy_grants_public(request_parameters->>'policyText') AS public,
       array_to_string(policy_external_accounts(request_parameters->>'policyText', account_id), ', ')
         AS other_accounts,
       coalesce(request_parameters->>'replicationConfiguration', request_parameters->>'imageScanningConfiguration',
                request_parameters->>'scanType', request_parameters->>'imageTagMutability',
                'force ' || (request_parameters->>'force')) AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source IN ('ecr.amazonaws.com', 'ecr-public.amazonaws.com')
  AND event_name IN ('PutImage', 'BatchDeleteImage', 'CreateRepository', 'DeleteRepository', 'SetRepositoryPolicy',
                     'DeleteRepositoryPolicy', 'PutRegistryPolicy', 'DeleteRegistryPolicy',
                     'PutReplicationConfiguration', 'PutImageScanningConfiguration',
                     'PutRegistryScanningConfiguration', 'PutImageTagMutability', 'PutLifecyclePolicy',
                     'CreatePullThroughCacheRule')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
