-- title: Changes to GuardDuty
-- description: Lists attempts to switch GuardDuty off, to suspend it, to leave accounts out of it, or to make it silent about addresses and findings.
-- severity: high
-- mitre: T1562.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- GuardDuty need not be deleted to be blind: a trusted IP set or a filter that archives findings makes it silent
-- about one thing.
-- Expected: the security team, from the administrator account. Suspicious: DeleteDetector, UpdateDetector with enable
-- false, StopMonitoringMembers, CreateIPSet with an address you do not know, CreateFilter with action ARCHIVE.
-- Findings that were archived, and sample findings made to bury real ones, are listed too.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'detectorId' AS detector,
       CASE
         WHEN event_name = 'DeleteDetector' THEN 'deletes the detector'
         WHEN event_name = 'UpdateDetector' AND (request_parameters->>'enable') = 'false' THEN 'suspends the detector'
         WHEN event_name = 'UpdateDetector' THEN 'alters the detector'
         WHEN event_name IN ('CreateIPSet', 'UpdateIPSet', 'CreateTrustedEntitySet', 'UpdateTrustedEntitySet')
           THEN 'trusts addresses or names'
         WHEN event_name IN ('CreateFilter', 'UpdateFilter')
           THEN concat('filters findings, action ', coalesce(request_parameters->>'action', 'not said'))
         WHEN event_name IN ('ArchiveFindings', 'CreateSampleFindings') THEN 'hides findings'
         WHEN event_name LIKE '%Members' OR event_name LIKE 'Disassociate%'
           OR event_name = 'DisableOrganizationAdminAccount' THEN 'leaves accounts out'
         ELSE 'alters it'
       END AS effect,
       coalesce(request_parameters->>'location', request_parameters->>'name', request_parameters->>'filterName',
                request_parameters->>'accountIds', request_parameters->>'findingIds') AS what,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'guardduty.amazonaws.com'
  AND event_name IN ('DeleteDetector', 'UpdateDetector', 'CreateIPSet', 'UpdateIPSet', 'DeleteIPSet',
                     'CreateTrustedEntitySet', 'UpdateTrustedEntitySet', 'UpdateThreatIntelSet',
                     'DeleteThreatIntelSet', 'CreateFilter', 'UpdateFilter', 'DeleteMembers', 'DisassociateMembers',
                     'DisassociateFromMasterAccount', 'DisassociateFromAdministratorAccount', 'StopMonitoringMembers',
                     'UpdateMemberDetectors', 'UpdateOrganizationConfiguration', 'DisableOrganizationAdminAccount',
                     'DeletePublishingDestination', 'UpdatePublishingDestination', 'UpdateMalwareScanSettings',
                     'DeleteMalwareProtectionPlan', 'ArchiveFindings', 'CreateSampleFindings')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
  -- To be switched on is no harm, unless features are switched off by the same call.
  AND NOT (event_name = 'UpdateDetector'
           AND coalesce(request_parameters->>'enable', '') = 'true'
           AND request_parameters !~ '"DISABLED"|"enable"\s*:\s*false')
ORDER BY event_time DESC, event_id
