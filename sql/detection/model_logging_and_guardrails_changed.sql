-- title: Bedrock logging and guardrails changed
-- description: Lists attempts to stop the logging of what is asked of language models, and to delete or alter the guardrails that limit them.
-- severity: medium
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Who uses your models at your cost switches the log of prompts off first.
-- Expected: the team that runs the models. Suspicious: DeleteModelInvocationLoggingConfiguration, a key from outside,
-- InvokeModel calls right after it.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'guardrailIdentifier' AS guardrail,
       CASE WHEN event_name LIKE '%LoggingConfiguration' THEN request_parameters->>'loggingConfig' END AS logging,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'bedrock.amazonaws.com'
  AND event_name IN ('DeleteModelInvocationLoggingConfiguration', 'PutModelInvocationLoggingConfiguration',
                     'DeleteGuardrail', 'UpdateGuardrail')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
