-- title: Gateways made, attached or deleted
-- description: Lists every attempt to make, attach, change or delete an internet, NAT, VPN, customer or transit gateway.
-- severity: medium
-- mitre: T1562.007, T1133, T1090
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: infrastructure code. Suspicious: an internet gateway attached to a network that had none, a VPN to a peer
-- address nobody knows, a transit gateway shared with another account, a gateway detached (an outage).

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('CreateInternetGateway', 'DeleteInternetGateway', 'AttachInternetGateway',
                       'DetachInternetGateway', 'CreateEgressOnlyInternetGateway', 'DeleteEgressOnlyInternetGateway',
                       'CreateNatGateway', 'DeleteNatGateway', 'CreateCustomerGateway', 'DeleteCustomerGateway',
                       'CreateVpnGateway', 'DeleteVpnGateway', 'AttachVpnGateway', 'DetachVpnGateway',
                       'CreateVpnConnection', 'ModifyVpnConnection', 'ModifyVpnTunnelOptions', 'DeleteVpnConnection',
                       'CreateTransitGateway', 'ModifyTransitGateway', 'DeleteTransitGateway',
                       'CreateTransitGatewayVpcAttachment', 'AcceptTransitGatewayVpcAttachment',
                       'ModifyTransitGatewayVpcAttachment', 'DeleteTransitGatewayVpcAttachment',
                       'CreateTransitGatewayPeeringAttachment', 'AcceptTransitGatewayPeeringAttachment',
                       'DeleteTransitGatewayPeeringAttachment', 'CreateTransitGatewayConnect',
                       'DeleteTransitGatewayConnect')
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
       coalesce(asked->>'internetGatewayId', asked->>'natGatewayId', asked->>'NatGatewayId', asked->>'vpnConnectionId',
                asked->>'VpnConnectionId', asked->>'vpnGatewayId', asked->>'customerGatewayId',
                asked->>'TransitGatewayId', asked->>'transitGatewayId', asked->>'TransitGatewayAttachmentId',
                asked->>'EgressOnlyInternetGatewayId',
                answered->'internetGateway'->>'internetGatewayId', answered->'natGateway'->>'natGatewayId',
                answered->'customerGateway'->>'customerGatewayId', answered->'vpnGateway'->>'vpnGatewayId',
                answered->'vpnConnection'->>'vpnConnectionId', answered->'transitGateway'->>'transitGatewayId',
                answered->'egressOnlyInternetGateway'->>'egressOnlyInternetGatewayId') AS gateway_id,
       coalesce(asked->>'vpcId', asked->>'VpcId', answered->'natGateway'->>'vpcId') AS vpc_id,
       coalesce(asked->>'subnetId', asked->>'SubnetId') AS subnet_id,
       coalesce(asked->>'ipAddress', asked->>'IpAddress', asked->>'PeerAccountId') AS peer,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
