-- title: EventBridge rules disabled or deleted
-- description: Lists attempts to disable or delete rules, to take away what they start, or to delete the bus or archive that events go through.
-- severity: medium
-- mitre: T1562.001, T1489
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: services boolean = false -- Whether calls that AWS services make are listed
--
-- GuardDuty findings, alarms and automatic answers to incidents mostly travel through EventBridge: a rule without a
-- target does nothing, and looks as before.
-- Expected: stacks that are taken down, managed rules of services (source_ip names the service). Suspicious: a rule
-- of the security team, DisableRule shortly before other changes.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'rule', request_parameters->>'name', request_parameters->>'archiveName') AS rule,
       request_parameters->>'eventBusName' AS event_bus,
       request_parameters->>'ids' AS targets_removed,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'events.amazonaws.com'
  AND (event_name IN ('DisableRule', 'DeleteRule', 'RemoveTargets', 'DeleteEventBus', 'DeleteArchive',
                      'DeauthorizeConnection', 'DeleteConnection', 'DeleteApiDestination', 'DeleteEndpoint',
                      'DeactivateEventSource')
       OR (event_name = 'PutRule'
           AND ((request_parameters->>'state') = 'DISABLED' OR (request_parameters->>'omitted') = 'true')))
  AND ($services OR NOT coalesce(ip_is_aws_host(source_ip), false))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
