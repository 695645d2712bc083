-- title: Commands and sessions on instances
-- description: Lists every attempt to run a command on instances, or to open a shell on them, through Systems Manager.
-- severity: medium
-- mitre: T1651, T1021.007
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Systems Manager runs commands as root. What was run is hidden in this log; the service keeps the output, and session
-- logs if they are on.
-- Expected: patching (AWS-RunPatchBaseline), the agents of your tools, administrators by Session Manager.
-- Suspicious: AWS-RunShellScript or AWS-RunPowerShellScript by a person or from outside, many instances, port
-- forwarding to another host, a document nobody knows.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'documentName', request_parameters->>'name') AS document,
       coalesce(request_parameters->>'target', request_parameters->>'sessionId',
                request_parameters->>'instanceId',
                replace(array_to_string(json_get_array(request_parameters, 'instanceIds'), ', '), '"', ''),
                json_get_json(request_parameters, 'targets')) AS targets,
       coalesce(response_elements->'command'->>'commandId', response_elements->>'sessionId',
                response_elements->>'automationExecutionId') AS command_or_session,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'ssm.amazonaws.com'
  AND event_name IN ('SendCommand', 'StartSession', 'ResumeSession', 'CreateAssociation', 'CreateAssociationBatch',
                     'UpdateAssociation', 'StartAssociationsOnce', 'StartAutomationExecution',
                     'StartChangeRequestExecution')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
