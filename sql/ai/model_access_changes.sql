-- title: Access to language models requested and changed
-- description: Lists who asked for access to models of Bedrock, changed their logging or guardrails, or bought capacity.
-- severity: high
-- mitre: T1496, T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Before models can be used, somebody enables them: thieves do it with the first key that may.
-- Expected: once for each model, by a person you can ask. Suspicious: everything else, logging deleted, refusals in a
-- row.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'modelId', request_parameters->>'guardrailIdentifier',
                request_parameters->>'provisionedModelName', request_parameters->>'jobName') AS model,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'bedrock.amazonaws.com'
  AND event_name IN ('PutFoundationModelEntitlement', 'PutUseCaseForModelAccess', 'CreateFoundationModelAgreement',
                     'DeleteFoundationModelAgreement', 'PutModelInvocationLoggingConfiguration',
                     'DeleteModelInvocationLoggingConfiguration', 'CreateProvisionedModelThroughput',
                     'CreateModelCustomizationJob', 'UpdateGuardrail', 'DeleteGuardrail', 'CreateInferenceProfile',
                     'PutResourcePolicy')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
