-- title: Stacks that work with the rights of another role
-- description: Lists stacks and change sets that were started with a service role, so that CloudFormation does what the caller may not do.
-- severity: medium
-- mitre: T1548, T1098
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Who may pass a role to CloudFormation has the rights of that role: a template can make a user with admin rights.
-- Expected: pipelines that always pass the same role. Suspicious: an administrator role, a caller that is no
-- pipeline, a stack that is deleted soon after.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'stackName', request_parameters->>'stackSetName') AS stack,
       coalesce(request_parameters->>'roleARN', request_parameters->>'administrationRoleARN') AS role_passed,
       request_parameters->>'capabilities' AS capabilities,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'cloudformation.amazonaws.com'
  AND event_name IN ('CreateStack', 'UpdateStack', 'DeleteStack', 'CreateChangeSet', 'CreateStackSet',
                     'UpdateStackSet', 'ContinueUpdateRollback', 'RollbackStack')
  AND ((request_parameters->>'roleARN') IS NOT NULL
       OR (request_parameters->>'administrationRoleARN') IS NOT NULL
       OR (request_parameters->>'omitted') = 'true')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
