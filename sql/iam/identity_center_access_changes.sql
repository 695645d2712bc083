-- title: Identity Center access granted or changed
-- description: Lists who gave which person or group which permission set in which account, and who changed what a permission set allows.
-- severity: medium
-- mitre: T1098.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- One assignment opens an account, one permission set may open all of them. Names of people are in the identity store;
-- the log has their ids.
-- Expected: joiners and movers, code. Suspicious: somebody who assigns to themselves, the management account as
-- target, a permission set that suddenly holds AdministratorAccess, an inline policy with *.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'permissionSetArn', response_elements->'permissionSet'->>'permissionSetArn',
                request_parameters->>'name') AS permission_set,
       request_parameters->>'targetId' AS target_account,
       request_parameters->>'principalType' AS assigned_kind,
       request_parameters->>'principalId' AS assigned_to,
       coalesce(request_parameters->>'managedPolicyArn',
                array_to_string(policy_actions(request_parameters), ', ')) AS policy,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'sso.amazonaws.com'
  AND event_name IN ('CreateAccountAssignment', 'DeleteAccountAssignment', 'CreatePermissionSet', 'UpdatePermissionSet',
                     'DeletePermissionSet', 'ProvisionPermissionSet', 'AttachManagedPolicyToPermissionSet',
                     'DetachManagedPolicyFromPermissionSet', 'PutInlinePolicyToPermissionSet',
                     'DeleteInlinePolicyFromPermissionSet', 'AttachCustomerManagedPolicyReferenceToPermissionSet',
                     'DetachCustomerManagedPolicyReferenceFromPermissionSet',
                     'PutPermissionsBoundaryToPermissionSet', 'DeletePermissionsBoundaryFromPermissionSet',
                     'CreateApplicationAssignment', 'DeleteApplicationAssignment')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
