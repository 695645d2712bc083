-- title: Lambda functions made without a key of your own
-- description: Lists new functions whose settings are encrypted with a key of AWS instead of one of yours.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- AWS encrypts environment variables in any case; with a key of your own you see and decide who decrypts them.
-- Of interest where a policy asks for own keys, and for functions that hold passwords in their environment.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       user_agent_tool(user_agent) AS tool,
       coalesce(arn_part(request_parameters->>'functionName', 'resource_id'), request_parameters->>'functionName')
         AS function,
       request_parameters->>'runtime' AS runtime,
       nullif(json_contains(request_parameters, 'environment'), false) AS has_environment,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'lambda.amazonaws.com'
  AND api_name(event_name) = 'CreateFunction'
  AND coalesce(request_parameters->>'kMSKeyArn', request_parameters->>'kmsKeyArn',
               response_elements->>'kMSKeyArn', response_elements->>'kmsKeyArn', '') = ''
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
