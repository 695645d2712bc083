-- title: Logging and detection switched off
-- description: Lists every attempt, over all services, to stop, delete or suspend what records and watches your accounts: start here.
-- severity: critical
-- mitre: T1562.001, T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The shortest list of what must not happen, in all services; each has a report of its own with more around it:
-- trail_changes, event_selectors_narrowed, config_recording_changes, guardduty_changes, security_hub_changes,
-- log_groups_removed, flow_logs_deleted and others of this group.
-- Expected: an account or a stack that is taken down, announced. Suspicious: every other row, refused ones too:
-- somebody tried.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       coalesce(request_parameters->>'name', request_parameters->>'trailName', request_parameters->>'eventDataStore',
                request_parameters->>'detectorId', request_parameters->>'configurationRecorderName',
                request_parameters->>'deliveryChannelName', request_parameters->>'analyzerName',
                request_parameters->>'logGroupName', request_parameters->>'resolverQueryLogConfigId',
                request_parameters->>'resourceArn', request_parameters->>'bucketName',
                request_parameters->'DeleteFlowLogsRequest'->'FlowLogId'->>'content',
                request_parameters->'DeleteFlowLogsRequest'->>'FlowLogId') AS what,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source = 'cloudtrail.amazonaws.com'
        AND (event_name IN ('StopLogging', 'DeleteTrail', 'DeleteEventDataStore', 'StopEventDataStoreIngestion')
             OR (event_name = 'PutEventSelectors'
                 AND ((request_parameters->>'eventSelectors') ~ '"includeManagementEvents"\s*:\s*false'
                      OR request_parameters IS NULL
                      OR (request_parameters->>'omitted') = 'true'))))
       OR (event_source = 'config.amazonaws.com'
           AND event_name IN ('StopConfigurationRecorder', 'DeleteConfigurationRecorder', 'DeleteDeliveryChannel'))
       OR (event_source = 'guardduty.amazonaws.com'
           AND (event_name IN ('DeleteDetector', 'StopMonitoringMembers', 'DisassociateMembers', 'DeleteMembers',
                               'DisassociateFromMasterAccount', 'DisassociateFromAdministratorAccount')
                OR (event_name = 'UpdateDetector'
                    AND ((request_parameters->>'enable') = 'false' OR request_parameters IS NULL))))
       OR (event_source = 'securityhub.amazonaws.com'
           AND event_name IN ('DisableSecurityHub', 'DisableSecurityHubV2', 'BatchDisableStandards'))
       OR (event_source = 'macie2.amazonaws.com' AND event_name = 'DisableMacie')
       OR (event_source = 'inspector2.amazonaws.com' AND event_name = 'Disable')
       OR (event_source = 'detective.amazonaws.com' AND event_name = 'DeleteGraph')
       OR (event_source = 'access-analyzer.amazonaws.com' AND event_name = 'DeleteAnalyzer')
       OR (event_source = 'ec2.amazonaws.com' AND event_name = 'DeleteFlowLogs')
       OR (event_source = 'route53resolver.amazonaws.com'
           AND event_name IN ('DeleteResolverQueryLogConfig', 'DisassociateResolverQueryLogConfig'))
       OR (event_source = 'wafv2.amazonaws.com' AND event_name = 'DeleteLoggingConfiguration')
       OR (event_source = 'logs.amazonaws.com'
           AND event_name = 'DeleteLogGroup'
           AND (request_parameters->>'logGroupName') ~ '(?i)(trail|flow|audit|dns|waf)')
       OR (event_source = 'rds.amazonaws.com' AND event_name = 'StopActivityStream')
       OR (event_source = 'bedrock.amazonaws.com' AND event_name = 'DeleteModelInvocationLoggingConfiguration'))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
