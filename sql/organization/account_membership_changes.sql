-- title: Accounts that join, leave or close
-- description: Lists attempts to create, invite, move, remove or close accounts of the organization, or to leave it.
-- severity: high
-- mitre: T1531, T1666, T1136.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- An account that leaves the organization is free of its guard rails and of its trail. A new account nobody watches
-- is a place to hide in.
-- Expected: the account factory. Suspicious: LeaveOrganization (seen in the member account), an invitation to an
-- account you do not know, MoveAccount into a unit with weaker policies, CloseAccount.
-- CreateAccountResult and CloseAccountResult say how it ended; they come from AWS.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'accountId', request_parameters->'target'->>'id',
                service_event_details->'createAccountStatus'->>'accountId',
                service_event_details->'closeAccountStatus'->>'accountId',
                request_parameters->>'handshakeId', request_parameters->>'organizationalUnitId',
                request_parameters->>'name') AS target,
       request_parameters->>'sourceParentId' AS from_unit,
       coalesce(request_parameters->>'destinationParentId', request_parameters->>'parentId') AS to_unit,
       coalesce(service_event_details->'createAccountStatus'->>'state',
                service_event_details->'closeAccountStatus'->>'state',
                response_elements->'createAccountStatus'->>'state', response_elements->'handshake'->>'state') AS state,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'organizations.amazonaws.com'
  AND event_name IN ('LeaveOrganization', 'RemoveAccountFromOrganization', 'CloseAccount', 'CloseAccountResult',
                     'CreateAccount', 'CreateGovCloudAccount', 'CreateAccountResult', 'InviteAccountToOrganization',
                     'AcceptHandshake', 'DeclineHandshake', 'CancelHandshake', 'MoveAccount', 'CreateOrganization',
                     'DeleteOrganization', 'EnableAllFeatures', 'CreateOrganizationalUnit',
                     'DeleteOrganizationalUnit', 'UpdateOrganizationalUnit')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
