-- title: Changes to delivery pipelines
-- description: Lists who made, altered, started or approved deliveries by CodePipeline and CodeDeploy, and connections to outside repositories.
-- severity: low
-- mitre: T1195, T1098
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: services boolean = false -- Whether calls that AWS services make are listed
--
-- Who alters a pipeline alters everything it delivers, with the rights of its role.
-- Expected: infrastructure code; approvals by named people. Suspicious: UpdatePipeline by a person, an approval by
-- whoever changed the code, a connection to a provider account you do not know.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->'pipeline'->>'name', request_parameters->>'pipelineName',
                request_parameters->>'name',
                request_parameters->>'applicationName', request_parameters->>'connectionName',
                request_parameters->>'connectionArn') AS pipeline,
       request_parameters->'pipeline'->>'roleArn' AS role,
       request_parameters->'result'->>'status' AS approval,
       request_parameters->>'providerType' AS provider,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source = 'codepipeline.amazonaws.com'
        AND event_name IN ('CreatePipeline', 'UpdatePipeline', 'DeletePipeline', 'StartPipelineExecution',
                           'PutApprovalResult', 'DisableStageTransition', 'EnableStageTransition', 'PutWebhook',
                           'RegisterWebhookWithThirdParty', 'OverrideStageCondition', 'CreateCustomActionType'))
       OR (event_source = 'codedeploy.amazonaws.com'
           AND event_name IN ('CreateDeployment', 'StopDeployment', 'CreateDeploymentGroup', 'UpdateDeploymentGroup',
                              'CreateApplication', 'DeleteApplication'))
       OR (event_source IN ('codestar-connections.amazonaws.com', 'codeconnections.amazonaws.com')
           AND event_name IN ('CreateConnection', 'DeleteConnection', 'CreateHost', 'UpdateHost', 'DeleteHost')))
  AND ($services OR NOT coalesce(ip_is_aws_host(source_ip), false))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
