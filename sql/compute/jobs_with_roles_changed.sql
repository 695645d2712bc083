-- title: Batch and Glue jobs made and changed
-- description: Lists who made, changed or started jobs of Batch and Glue, which run any code with the role they are given.
-- severity: medium
-- mitre: T1098.003, T1648, T1059
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Who may give a job a role that has more rights than they have gets those rights. A development endpoint of Glue lets
-- its maker in with a key (public_key).
-- Expected: data pipelines by their tool. Suspicious: a person, a role with wide permissions, a command or script you
-- do not know.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'jobName', request_parameters->>'jobDefinitionName',
                request_parameters->>'endpointName', request_parameters->>'name', request_parameters->>'id') AS job,
       coalesce(request_parameters->>'roleArn', request_parameters->>'role',
                request_parameters->'jobUpdate'->>'role',
                request_parameters->'containerProperties'->>'jobRoleArn') AS role_arn,
       coalesce(request_parameters->'command'->>'scriptLocation',
                request_parameters->'jobUpdate'->'command'->>'scriptLocation',
                request_parameters->'containerOverrides'->>'command',
                request_parameters->'containerProperties'->>'command') AS runs,
       request_parameters->'containerProperties'->>'image' AS image,
       coalesce(request_parameters->>'publicKey', request_parameters->>'publicKeys',
                request_parameters->>'addPublicKeys') AS public_key,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE (event_source = 'glue.amazonaws.com'
       AND event_name IN ('CreateDevEndpoint', 'UpdateDevEndpoint', 'CreateJob', 'UpdateJob', 'StartJobRun',
                          'CreateSession', 'RunStatement')
       OR event_source = 'batch.amazonaws.com'
          AND event_name IN ('RegisterJobDefinition', 'SubmitJob', 'CreateComputeEnvironment',
                             'UpdateComputeEnvironment', 'CreateJobQueue'))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
