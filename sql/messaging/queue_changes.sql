-- title: Changes to SQS queues
-- description: Lists who made, opened, emptied or deleted queues, and whether a queue was opened to everyone or lost its encryption or dead letter queue.
-- severity: medium
-- mitre: T1537, T1485
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Whoever may receive from a queue takes the messages away; PurgeQueue and DeleteQueue throw them away.
-- Expected: infrastructure code, tests that purge. Suspicious: everyone true, other_accounts you do not know,
-- PurgeQueue of a queue that carries business, settings that say off.
-- The console sends all settings again at every change, with empty ones for what is not used.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'queueUrl', response_elements->>'queueUrl', request_parameters->>'queueName',
                request_parameters->>'sourceArn') AS queue,
       policy_grants_public(request_parameters) AS everyone,
       array_to_string(policy_external_accounts(request_parameters, account_id), ', ') AS other_accounts,
       nullif(concat_ws(', ',
         CASE WHEN (request_parameters->'attributes'->>'SqsManagedSseEnabled') = 'false'
                   AND coalesce(request_parameters->'attributes'->>'KmsMasterKeyId', '') = '' THEN 'encryption off' END,
         CASE WHEN (request_parameters->'attributes'->>'RedrivePolicy') = '' THEN 'no dead letter queue' END
       ), '') AS settings_off,
       request_parameters->>'attributes' AS attributes,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'sqs.amazonaws.com'
  AND event_name IN ('CreateQueue', 'SetQueueAttributes', 'AddPermission', 'RemovePermission', 'DeleteQueue',
                     'PurgeQueue', 'StartMessageMoveTask', 'CancelMessageMoveTask')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
