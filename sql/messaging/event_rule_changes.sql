-- title: Rules and schedules that start something
-- description: Lists who made or altered rules and schedules of EventBridge, and what they start: functions, tasks or other accounts.
-- severity: low
-- mitre: T1546, T1053
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: services boolean = false -- Whether calls that AWS services make are listed
--
-- A rule or a schedule is a way to come back: it starts a function whenever somebody makes a user, or every night.
-- Expected: infrastructure code. Suspicious: a target in another account, a pattern on iam or signin events, a
-- schedule that starts a new function, PutPermission for everyone or for an account you do not know.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'rule', request_parameters->>'name', request_parameters->>'Name',
                request_parameters->>'statementId') AS rule,
       request_parameters->>'eventBusName' AS event_bus,
       coalesce(request_parameters->>'eventPattern', request_parameters->>'scheduleExpression',
                request_parameters->>'ScheduleExpression', request_parameters->>'source') AS starts_on,
       coalesce(request_parameters->>'targets', request_parameters->>'target', request_parameters->>'Target',
                request_parameters->>'invocationEndpoint') AS starts_what,
       policy_grants_public(request_parameters) AS everyone,
       array_to_string(policy_external_accounts(request_parameters, account_id), ', ') AS other_accounts,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source = 'events.amazonaws.com'
        AND event_name IN ('PutRule', 'PutTargets', 'EnableRule', 'PutPermission', 'RemovePermission', 'CreateEventBus',
                           'UpdateEventBus', 'CreateConnection', 'UpdateConnection', 'CreateApiDestination',
                           'UpdateApiDestination', 'CreateEndpoint'))
       OR (event_source = 'scheduler.amazonaws.com' AND event_name IN ('CreateSchedule', 'UpdateSchedule'))
       OR (event_source = 'pipes.amazonaws.com' AND event_name IN ('CreatePipe', 'UpdatePipe')))
  AND ($services OR NOT coalesce(ip_is_aws_host(source_ip), false))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
