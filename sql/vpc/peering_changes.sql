-- title: VPC peerings made, accepted or deleted
-- description: Lists every attempt to connect a network with another one, in this account or in a foreign one, or to part them.
-- severity: medium
-- mitre: T1090, T1562.007
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- other_account is set where the other side is not the account of the event. A call is recorded in the account that
-- makes it.
-- Expected: infrastructure code between your own accounts. Suspicious: another company's account, accepted by a
-- person, followed by a route to the peering.

WITH calls AS (
  SELECT *,
         coalesce(request_parameters->>'peerOwnerId',
                  response_elements->'vpcPeeringConnection'->'accepterVpcInfo'->>'ownerId') AS accepter_account,
         response_elements->'vpcPeeringConnection'->'requesterVpcInfo'->>'ownerId' AS requester_account
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('CreateVpcPeeringConnection', 'AcceptVpcPeeringConnection', 'DeleteVpcPeeringConnection',
                       'RejectVpcPeeringConnection', 'ModifyVpcPeeringConnectionOptions')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'vpcPeeringConnectionId',
                request_parameters->'ModifyVpcPeeringConnectionOptionsRequest'->>'VpcPeeringConnectionId',
                response_elements->'vpcPeeringConnection'->>'vpcPeeringConnectionId') AS peering_id,
       coalesce(request_parameters->>'vpcId',
                response_elements->'vpcPeeringConnection'->'requesterVpcInfo'->>'vpcId') AS requester_vpc,
       coalesce(request_parameters->>'peerVpcId',
                response_elements->'vpcPeeringConnection'->'accepterVpcInfo'->>'vpcId') AS accepter_vpc,
       coalesce(nullif(accepter_account, account_id), nullif(requester_account, account_id)) AS other_account,
       request_parameters->>'peerRegion' AS peer_region,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
