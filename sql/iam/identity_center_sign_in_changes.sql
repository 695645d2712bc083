-- title: Identity Center people and sign-in changed
-- description: Lists changes to who can sign in through Identity Center and how: the identity source, MFA rules and devices, users, passwords and groups.
-- severity: high
-- mitre: T1556, T1484.002
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Who controls the identity source signs in as anybody, in every account of the organisation.
-- Expected: joiners that are synchronised (SCIM), a help desk. Suspicious: another identity source or external
-- provider, MFA no longer asked for, a device deleted and a password reset for one person, somebody added to a group
-- of administrators.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       event_source,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source IN ('sso.amazonaws.com', 'sso-directory.amazonaws.com', 'identitystore.amazonaws.com')
  AND event_name IN ('AssociateDirectory', 'DisassociateDirectory', 'StartSSO', 'DeleteSSO', 'CreateInstance',
                     'DeleteInstance', 'UpdateInstance', 'CreateTrustedTokenIssuer', 'UpdateTrustedTokenIssuer',
                     'UpdateSSOConfiguration', 'EnableExternalIdPConfigurationForDirectory',
                     'DisableExternalIdPConfigurationForDirectory', 'CreateExternalIdPConfigurationForDirectory',
                     'UpdateExternalIdPConfigurationForDirectory', 'DeleteExternalIdPConfigurationForDirectory',
                     'ImportExternalIdPCertificate', 'DeleteExternalIdPCertificate', 'CreateBearerToken',
                     'CreateProvisioningTenant', 'PutMfaDeviceManagementForDirectory',
                     'UpdateMfaDeviceManagementForDirectory', 'UpdateMfaDeviceForUser', 'DeleteMfaDeviceForUser',
                     'StartVirtualMfaDeviceRegistration', 'CompleteVirtualMfaDeviceRegistration',
                     'StartWebAuthnDeviceRegistration',
                     'CompleteWebAuthnDeviceRegistration', 'UpdatePassword', 'VerifyEmail', 'CreateUser', 'UpdateUser',
                     'EnableUser', 'DisableUser', 'DeleteUser', 'CreateGroup', 'DeleteGroup', 'AddMemberToGroup',
                     'RemoveMemberFromGroup', 'CreateGroupMembership', 'DeleteGroupMembership')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
