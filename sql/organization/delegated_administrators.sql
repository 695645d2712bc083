-- title: Who may administer the organization
-- description: Lists changes of which accounts are administrators for a service, which services reach into all accounts, and who may act as root of members.
-- severity: high
-- mitre: T1098, T1484
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A delegated administrator acts in every account of the organization for that service: one for CloudFormation
-- StackSets or Identity Center is as good as the management account.
-- Expected: the set-up of security services. Suspicious: an account that is not the security account, service access
-- switched off for CloudTrail, Config or GuardDuty, a resource policy for an outsider.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'accountId', request_parameters->>'memberAccountId',
                request_parameters->>'delegatedAdminAccountId', request_parameters->>'adminAccountId',
                request_parameters->>'AdminAccountId', request_parameters->>'adminAccount',
                request_parameters->>'AccountId') AS administrator,
       coalesce(request_parameters->>'servicePrincipal', event_source) AS service,
       request_parameters->>'content' AS content,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source = 'organizations.amazonaws.com'
        AND event_name IN ('RegisterDelegatedAdministrator', 'DeregisterDelegatedAdministrator',
                           'EnableAWSServiceAccess',
                           'DisableAWSServiceAccess', 'PutResourcePolicy', 'DeleteResourcePolicy'))
       OR (event_source = 'cloudtrail.amazonaws.com'
           AND event_name IN ('RegisterOrganizationDelegatedAdmin', 'DeregisterOrganizationDelegatedAdmin'))
       OR (event_source IN ('guardduty.amazonaws.com', 'securityhub.amazonaws.com', 'macie2.amazonaws.com',
                            'detective.amazonaws.com', 'fms.amazonaws.com', 'inspector2.amazonaws.com')
           AND event_name IN ('EnableOrganizationAdminAccount', 'DisableOrganizationAdminAccount',
                              'AssociateAdminAccount', 'DisassociateAdminAccount', 'EnableDelegatedAdminAccount',
                              'DisableDelegatedAdminAccount'))
       OR (event_source = 'iam.amazonaws.com'
           AND event_name IN ('EnableOrganizationsRootCredentialsManagement', 'EnableOrganizationsRootSessions',
                              'DisableOrganizationsRootCredentialsManagement', 'DisableOrganizationsRootSessions')))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
