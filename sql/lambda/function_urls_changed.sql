-- title: Lambda function URLs made and changed
-- description: Lists who gave a function a web address of its own, and whether callers must sign in.
-- severity: medium
-- mitre: T1133, T1648
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- sign_in NONE means that everybody in the world may call it, if the function's policy lets them (functions_opened).
-- Expected: web hooks, by infrastructure code. Suspicious: NONE, a new function, any origin (*) in the cross-origin
-- rule.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(arn_part(request_parameters->>'functionName', 'resource_id'), request_parameters->>'functionName',
                arn_part(response_elements->>'functionArn', 'resource_id')) AS function,
       coalesce(request_parameters->>'authType', response_elements->>'authType') AS sign_in,
       response_elements->>'functionUrl' AS url,
       request_parameters->'cors'->>'allowOrigins' AS origins,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'lambda.amazonaws.com'
  AND api_name(event_name) IN ('CreateFunctionUrlConfig', 'UpdateFunctionUrlConfig', 'DeleteFunctionUrlConfig')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
