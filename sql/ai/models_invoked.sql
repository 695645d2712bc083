-- title: Language models used
-- description: Counts, by identity, model and hour, the calls of models of Bedrock, and how many were refused.
-- severity: medium
-- mitre: T1496
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which calls are counted together
--
-- Stolen keys are used and resold to run models at your cost.
-- Expected: applications by their role. Suspicious: a long-lived key (AKIA...), regions you do not use, many models
-- tried with refusals (ValidationException, AccessDenied), a steep rise; model_access_changes shortly before.

SELECT min(event_time) AS first_event,
       max(event_time) AS last_event,
       account_id,
       principal,
       source_ip,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools,
       request_parameters->>'modelId' AS model,
       array_to_string(array_sort(array_agg(DISTINCT aws_region)), ', ') AS regions,
       count(*) AS calls,
       count(*) FILTER (WHERE outcome <> 'success') AS refused_or_failed,
       array_to_string(array_sort(array_agg(DISTINCT error_code)), ', ') AS error_codes
FROM cloudtrail
WHERE event_source IN ('bedrock.amazonaws.com', 'bedrock-runtime.amazonaws.com')
  AND event_name IN ('InvokeModel', 'InvokeModelWithResponseStream', 'InvokeModelWithBidirectionalStream',
                     'Converse', 'ConverseStream', 'StartAsyncInvoke', 'CreateModelInvocationJob')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, principal, source_ip, request_parameters->>'modelId'
ORDER BY first_event DESC, principal, source_ip, model
