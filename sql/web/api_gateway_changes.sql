-- title: API Gateway changed
-- description: Lists who made, opened, redirected or deleted an API, its keys, its sign-in and its log settings.
-- severity: medium
-- mitre: T1190, T1133, T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- sign_in NONE on a method or route means that anybody may call it. integration is where calls go.
-- Expected: infrastructure code. Suspicious: an integration with a host you do not know, sign-in removed, an API key
-- made by hand, a stage whose access log is taken away (detail).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'restApiId', request_parameters->>'apiId', response_elements->>'id',
                response_elements->>'apiId') AS api,
       coalesce(request_parameters->'createRestApiInput'->>'name',
                request_parameters->'createApiKeyInput'->>'name', request_parameters->'createApiInput'->>'name',
                request_parameters->>'name', request_parameters->>'stageName') AS name,
       coalesce(request_parameters->'putMethodInput'->>'authorizationType',
                request_parameters->>'authorizationType') AS sign_in,
       coalesce(request_parameters->'putIntegrationInput'->>'uri', request_parameters->>'integrationUri')
         AS integration,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'apigateway.amazonaws.com'
  AND event_name IN ('CreateRestApi', 'UpdateRestApi', 'UpdateRestApiPolicy', 'DeleteRestApi', 'ImportRestApi',
                     'PutRestApi', 'CreateApi', 'UpdateApi', 'DeleteApi', 'ImportApi', 'ReimportApi',
                     'CreateDeployment', 'CreateStage', 'UpdateStage', 'DeleteStage', 'CreateApiKey',
                     'UpdateApiKey', 'ImportApiKeys', 'PutMethod', 'UpdateMethod', 'PutIntegration',
                     'UpdateIntegration', 'CreateIntegration', 'CreateRoute', 'UpdateRoute', 'CreateAuthorizer',
                     'UpdateAuthorizer', 'DeleteAuthorizer', 'CreateDomainName', 'UpdateDomainName',
                     'CreateBasePathMapping', 'UpdateAccount', 'DeleteAccessLogSettings')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
