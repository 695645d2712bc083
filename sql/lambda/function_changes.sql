-- title: Lambda functions made, changed and deleted
-- description: Lists who made a function, replaced its code, its settings, role or layers, or deleted it.
-- severity: medium
-- mitre: T1648, T1525, T1485
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Whoever writes a function's code acts with the function's role. A layer is code, too, and runs before the function's
-- own.
-- code_from is where the code came from; upload means that it was sent along. code_sha256 tells versions apart.
-- Expected: deployments by their tool. Suspicious: a person, a layer of another account, environment set on its own
-- (that can load code), a role with wide permissions on a new function.

WITH changes AS (
  SELECT *,
         coalesce(request_parameters->>'s3Bucket', request_parameters->'code'->>'s3Bucket',
                  request_parameters->'content'->>'s3Bucket') AS bucket,
         coalesce(request_parameters->>'s3Key', request_parameters->'code'->>'s3Key',
                  request_parameters->'content'->>'s3Key') AS key,
         coalesce(request_parameters->>'imageUri', request_parameters->'code'->>'imageUri') AS image
  FROM cloudtrail
  WHERE event_source = 'lambda.amazonaws.com'
    AND api_name(event_name) IN ('CreateFunction', 'UpdateFunctionCode', 'UpdateFunctionConfiguration',
                                 'DeleteFunction', 'PublishLayerVersion', 'DeleteLayerVersion', 'PublishVersion',
                                 'CreateAlias', 'UpdateAlias', 'DeleteAlias', 'PutFunctionConcurrency',
                                 'DeleteFunctionConcurrency', 'PutFunctionCodeSigningConfig',
                                 'DeleteFunctionCodeSigningConfig', 'PutRuntimeManagementConfig')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       user_agent_tool(user_agent) AS tool,
       coalesce(arn_part(request_parameters->>'functionName', 'resource_id'), request_parameters->>'functionName',
                arn_part(response_elements->>'functionArn', 'resource_id'),
                request_parameters->>'layerName') AS function,
       CASE
         WHEN bucket IS NOT NULL THEN concat('s3://', bucket, '/', key)
         WHEN image IS NOT NULL THEN image
         WHEN api_name(event_name) IN ('CreateFunction', 'UpdateFunctionCode', 'PublishLayerVersion')
              AND request_parameters IS NOT NULL AND (request_parameters->>'omitted') IS NULL THEN 'upload'
       END AS code_from,
       coalesce(response_elements->>'codeSha256', response_elements->'content'->>'codeSha256') AS code_sha256,
       coalesce(request_parameters->>'role', response_elements->>'role') AS role_arn,
       request_parameters->>'layers' AS layers,
       nullif(json_contains(request_parameters, 'environment'), false) AS environment_set,
       outcome,
       error_code,
       event_id
FROM changes
ORDER BY event_time DESC, event_id
