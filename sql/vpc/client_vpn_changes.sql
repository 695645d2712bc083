-- title: Client VPN changes
-- description: Lists every attempt to make or change a VPN that people dial into, whom it lets in, or to take its configuration.
-- severity: medium
-- mitre: T1133
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: whoever runs the VPN, rarely. Suspicious: a new endpoint, everybody authorised (groups all), another
-- certificate authority, ExportClientVpnClientConfiguration by somebody else.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('CreateClientVpnEndpoint', 'ModifyClientVpnEndpoint', 'DeleteClientVpnEndpoint',
                       'AssociateClientVpnTargetNetwork', 'DisassociateClientVpnTargetNetwork',
                       'AuthorizeClientVpnIngress', 'RevokeClientVpnIngress', 'CreateClientVpnRoute',
                       'DeleteClientVpnRoute', 'ApplySecurityGroupsToClientVpnTargetNetwork',
                       'ImportClientVpnClientCertificateRevocationList', 'ExportClientVpnClientConfiguration',
                       'TerminateClientVpnConnections')
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
       coalesce(asked->>'ClientVpnEndpointId', answered->>'clientVpnEndpointId') AS endpoint_id,
       coalesce(asked->>'TargetNetworkCidr', asked->>'DestinationCidrBlock', asked->>'ClientCidrBlock') AS network,
       coalesce(asked->>'AccessGroupId', CASE WHEN (asked->>'AuthorizeAllGroups') = 'true' THEN 'all' END) AS groups,
       coalesce(asked->>'SubnetId', asked->>'TargetVpcSubnetId') AS subnet_id,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
