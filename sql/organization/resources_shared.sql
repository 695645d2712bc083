-- title: Resources shared with other accounts
-- description: Lists what was shared through Resource Access Manager with which accounts, and invitations to shares that were accepted.
-- severity: medium
-- mitre: T1537, T1098
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Subnets, images, databases and keys of transit gateways can be shared so; the other account then uses them as its
-- own.
-- Expected: sharing within the organization by infrastructure code. Suspicious: an account you do not know among
-- principals, allow_external true, an accepted invitation nobody expected.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'name', response_elements->'resourceShare'->>'name') AS share,
       coalesce(request_parameters->>'resourceShareArn', response_elements->'resourceShare'->>'resourceShareArn',
                request_parameters->>'resourceShareInvitationArn') AS share_arn,
       request_parameters->>'principals' AS principals,
       request_parameters->>'resourceArns' AS shared_resources,
       coalesce(response_elements->'resourceShare'->>'allowExternalPrincipals',
                request_parameters->>'allowExternalPrincipals') AS allow_external,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'ram.amazonaws.com'
  AND event_name IN ('CreateResourceShare', 'UpdateResourceShare', 'AssociateResourceShare',
                     'DisassociateResourceShare', 'DeleteResourceShare', 'AcceptResourceShareInvitation',
                     'RejectResourceShareInvitation', 'EnableSharingWithAwsOrganization',
                     'PromoteResourceShareCreatedFromPolicy', 'AssociateResourceSharePermission',
                     'ReplacePermissionAssociations')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
