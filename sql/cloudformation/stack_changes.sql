-- title: Changes to CloudFormation stacks
-- description: Lists who made, updated or deleted stacks, change sets and stack sets, which build many resources with one call.
-- severity: info
-- mitre: T1648, T1578
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- What a stack makes is recorded too, with invoked_by or source_ip cloudformation.amazonaws.com, under whoever
-- started it.
-- Expected: pipelines. Suspicious: a person or a key that never made stacks, a template from a bucket you do not own,
-- CAPABILITY_NAMED_IAM, a stack set over many accounts, termination protection off, DeleteStack.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'stackName', request_parameters->>'stackSetName') AS stack,
       request_parameters->>'changeSetName' AS change_set,
       coalesce(request_parameters->>'templateURL',
                CASE WHEN (request_parameters->>'templateBody') IS NOT NULL THEN 'in the call' END) AS template,
       request_parameters->>'capabilities' AS capabilities,
       coalesce(request_parameters->>'accounts', request_parameters->>'deploymentTargets') AS into_accounts,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'cloudformation.amazonaws.com'
  AND event_name IN ('CreateStack', 'UpdateStack', 'DeleteStack', 'CancelUpdateStack', 'ContinueUpdateRollback',
                     'RollbackStack', 'CreateChangeSet', 'ExecuteChangeSet', 'CreateStackSet', 'UpdateStackSet',
                     'DeleteStackSet', 'CreateStackInstances', 'UpdateStackInstances', 'DeleteStackInstances',
                     'ImportStacksToStackSet', 'SetStackPolicy', 'UpdateTerminationProtection', 'CreateStackRefactor',
                     'ExecuteStackRefactor')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
