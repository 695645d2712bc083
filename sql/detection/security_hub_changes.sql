-- title: Changes to Security Hub
-- description: Lists attempts to switch Security Hub or its standards and controls off, and findings that were suppressed or closed.
-- severity: medium
-- mitre: T1562.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: people who work through findings, from known roles; infrastructure code that switches controls off that
-- do not apply.
-- Suspicious: DisableSecurityHub, standards off, many findings suppressed at once, by an identity that does not
-- belong to the security team.
-- Security Hub writes its parameters with capital letters, as StandardsSubscriptionArns.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       CASE
         WHEN event_name LIKE 'DisableSecurityHub%' THEN 'switches Security Hub off'
         WHEN event_name IN ('BatchDisableStandards', 'UpdateStandardsControl',
                             'BatchUpdateStandardsControlAssociations') THEN 'alters standards and controls'
         WHEN event_name LIKE '%UpdateFindings%' THEN concat('marks findings ', coalesce(
           request_parameters->'Workflow'->>'Status', request_parameters->>'RecordState', 'otherwise'))
         WHEN event_name LIKE '%Members' OR event_name LIKE 'Disassociate%'
           OR event_name = 'DisableOrganizationAdminAccount' THEN 'leaves accounts out'
         WHEN event_name LIKE '%AutomationRule%' THEN 'lets a rule mark findings'
         ELSE 'alters it'
       END AS effect,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'securityhub.amazonaws.com'
  AND event_name IN ('DisableSecurityHub', 'DisableSecurityHubV2', 'BatchDisableStandards', 'UpdateStandardsControl',
                     'BatchUpdateStandardsControlAssociations', 'DisableImportFindingsForProduct',
                     'BatchUpdateFindings', 'BatchUpdateFindingsV2', 'UpdateFindings', 'CreateAutomationRule',
                     'BatchUpdateAutomationRules', 'DeleteInsight', 'DeleteActionTarget', 'DeleteMembers',
                     'DisassociateMembers', 'DisassociateFromMasterAccount', 'DisassociateFromAdministratorAccount',
                     'DisableOrganizationAdminAccount', 'DeleteFindingAggregator', 'UpdateFindingAggregator',
                     'UpdateSecurityHubConfiguration', 'UpdateOrganizationConfiguration', 'DeleteConfigurationPolicy',
                     'StartConfigurationPolicyDisassociation')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
