-- title: Event sources attached to functions
-- description: Lists who made a queue, stream or table call a function with everything that passes through it.
-- severity: medium
-- mitre: T1546
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The function then sees each message or change of a table, and runs whenever one comes: a quiet way to listen and to
-- stay.
-- Expected: infrastructure code. Suspicious: a new function on a source with personal data, a source of another
-- account, deletions, which stop an application.

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
       coalesce(request_parameters->>'eventSourceArn', response_elements->>'eventSourceArn') AS source_arn,
       arn_part(coalesce(request_parameters->>'eventSourceArn', response_elements->>'eventSourceArn'), 'account')
         <> account_id AS source_of_another_account,
       coalesce(response_elements->>'uUID', request_parameters->>'uUID', request_parameters->>'uuid') AS mapping,
       request_parameters->>'enabled' AS enabled,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'lambda.amazonaws.com'
  AND api_name(event_name) IN ('CreateEventSourceMapping', 'UpdateEventSourceMapping', 'DeleteEventSourceMapping')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
