-- title: Changes to CodeBuild projects
-- description: Lists who made or altered build projects, showed them to the world, gave them other sources or variables, or started builds with other commands.
-- severity: medium
-- mitre: T1098, T1552, T1567
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: starts boolean = false -- Whether builds are listed that were started as they are set up
--
-- A build runs any command with the rights of its role, and its variables often hold secrets.
-- Expected: infrastructure code, a team that starts its builds. Suspicious: visibility PUBLIC_READ, a source outside
-- your organization, a role with more rights than a build needs, StartBuild with a buildspec of its own (overrides).
-- The values of variables are recorded only in part; what overrides shows is what was asked.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'name', request_parameters->>'projectName', request_parameters->>'projectArn',
                request_parameters->>'resourceArn') AS project,
       request_parameters->>'projectVisibility' AS visibility,
       coalesce(request_parameters->'source'->>'location', request_parameters->>'sourceLocationOverride') AS source,
       coalesce(request_parameters->>'serviceRole', request_parameters->>'serviceRoleOverride') AS service_role,
       coalesce(request_parameters->>'buildspecOverride', request_parameters->>'environmentVariablesOverride',
                request_parameters->>'imageOverride') AS overrides,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'codebuild.amazonaws.com'
  AND event_name IN ('CreateProject', 'UpdateProject', 'DeleteProject', 'UpdateProjectVisibility', 'CreateWebhook',
                     'UpdateWebhook', 'ImportSourceCredentials', 'DeleteSourceCredentials', 'PutResourcePolicy',
                     'StartBuild', 'StartBuildBatch', 'RetryBuild', 'CreateFleet')
  AND ($starts OR event_name NOT IN ('StartBuild', 'StartBuildBatch', 'RetryBuild')
       OR request_parameters ~ 'Override"|"omitted"')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
