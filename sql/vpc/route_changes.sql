-- title: Route changes
-- description: Lists every attempt to change where a network sends its traffic: routes, route tables, and which subnet uses which.
-- severity: medium
-- mitre: T1565.003, T1578.005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: infrastructure code, the controllers of clusters. Suspicious: a route to an instance or a network
-- interface (somebody listens), to a peering of a foreign account, a deleted default route (an outage).

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('CreateRouteTable', 'DeleteRouteTable', 'CreateRoute', 'DeleteRoute', 'ReplaceRoute',
                       'AssociateRouteTable', 'DisassociateRouteTable', 'ReplaceRouteTableAssociation',
                       'EnableVgwRoutePropagation', 'DisableVgwRoutePropagation', 'CreateTransitGatewayRoute',
                       'ReplaceTransitGatewayRoute', 'DeleteTransitGatewayRoute', 'CreateVpnConnectionRoute',
                       'DeleteVpnConnectionRoute')
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
       coalesce(asked->>'routeTableId', asked->>'RouteTableId',
                answered->'routeTable'->>'routeTableId') AS route_table_id,
       coalesce(asked->>'destinationCidrBlock', asked->>'destinationIpv6CidrBlock', asked->>'destinationPrefixListId',
                asked->>'DestinationCidrBlock', asked->>'DestinationIpv6CidrBlock',
                asked->>'DestinationPrefixListId') AS destination,
       coalesce(asked->>'gatewayId', asked->>'natGatewayId', asked->>'egressOnlyInternetGatewayId',
                asked->>'transitGatewayId', asked->>'vpcPeeringConnectionId', asked->>'instanceId',
                asked->>'networkInterfaceId', asked->>'vpcEndpointId', asked->>'localGatewayId',
                asked->>'carrierGatewayId', asked->>'coreNetworkArn', asked->>'GatewayId', asked->>'NatGatewayId',
                asked->>'TransitGatewayId', asked->>'VpcPeeringConnectionId', asked->>'InstanceId',
                asked->>'NetworkInterfaceId', asked->>'VpcEndpointId') AS target,
       coalesce(asked->>'subnetId', asked->>'associationId', asked->>'vpcId') AS used_by,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
