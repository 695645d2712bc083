-- title: Macie, Inspector and Detective switched off
-- description: Lists attempts to switch off or narrow the scanners for sensitive data, for vulnerabilities and for what happened: Macie, Inspector and Detective.
-- severity: medium
-- mitre: T1562.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: the security team, when a trial ends or an account leaves.
-- Suspicious: off in one account only, a filter that suppresses findings, together with rows in guardduty_changes.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       split_part(event_source, '.', 1) AS scanner,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source = 'macie2.amazonaws.com'
        AND event_name IN ('DisableMacie', 'UpdateMacieSession', 'CreateFindingsFilter', 'UpdateFindingsFilter',
                           'CreateAllowList', 'UpdateClassificationJob', 'UpdateAutomatedDiscoveryConfiguration',
                           'DeleteMember', 'DisassociateMember', 'DisassociateFromMasterAccount',
                           'DisassociateFromAdministratorAccount', 'DisableOrganizationAdminAccount'))
       OR (event_source = 'inspector2.amazonaws.com'
           AND event_name IN ('Disable', 'CreateFilter', 'UpdateFilter', 'DisassociateMember',
                              'DisableDelegatedAdminAccount', 'UpdateOrganizationConfiguration', 'UpdateConfiguration'))
       OR (event_source = 'inspector.amazonaws.com'
           AND event_name IN ('DeleteAssessmentRun', 'DeleteAssessmentTarget', 'DeleteAssessmentTemplate',
                              'StopAssessmentRun', 'UnsubscribeFromEvent', 'UpdateAssessmentTarget'))
       OR (event_source = 'detective.amazonaws.com'
           AND event_name IN ('DeleteGraph', 'DeleteMembers', 'DisassociateMembership',
                              'DisableOrganizationAdminAccount')))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
