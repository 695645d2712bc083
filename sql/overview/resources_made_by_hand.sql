-- title: Resources made by hand
-- description: Lists what was created without CloudFormation, Terraform or another tool for infrastructure as code, or tried to be.
-- severity: low
-- mitre: T1578
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: people in accounts for trying things out, services that make what they need (they are left out).
-- Suspicious: users, keys, roles, instances and functions in production that no code describes.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       resource_arns,
       outcome,
       error_code,
       user_agent_tool(user_agent) AS tool,
       user_agent,
       event_id
FROM cloudtrail
WHERE (event_name LIKE 'Create%' OR event_name LIKE 'Run%' OR event_name LIKE 'Allocate%' OR event_name LIKE 'Import%'
       OR event_name LIKE 'Register%' OR event_name LIKE 'Request%' OR event_name LIKE 'Launch%')
  AND is_write(event_name, read_only)
  AND coalesce(event_category, 'Management') = 'Management'
  AND event_name NOT IN ('CreateTags', 'CreateLogStream', 'CreateNetworkInterface', 'CreateGrant', 'RegisterTargets',
                         'RegisterContainerInstance', 'RegisterTaskDefinition', 'RegisterManagedInstance', 'CreateDataChannel',
                         'CreateControlChannel', 'CreateToken', 'CreateQueryLoggingConfig')
  AND coalesce(principal_type, '') <> 'AWSService'
  AND invoked_by IS NULL
  AND coalesce(user_agent_tool(user_agent), '') NOT IN (
        'ansible', 'cdk', 'chalice', 'cloudformation', 'cloud-custodian', 'crossplane', 'eksctl', 'karpenter', 'kubernetes',
        'opentofu', 'packer', 'pulumi', 'sam', 'serverless', 'terraform', 'aws-service', 'aws-internal')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
