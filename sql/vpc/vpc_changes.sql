-- title: VPCs made, changed or deleted
-- description: Lists every attempt to make, change or delete a virtual network, its address blocks, its name service, or a link to EC2-Classic.
-- severity: low
-- mitre: T1578, T1565.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: infrastructure code. Suspicious: a network in a region you do not use (a place to hide instances), DNS
-- settings or DHCP options changed (traffic goes elsewhere), ModifyVpcBlockPublicAccessOptions set to off.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('CreateVpc', 'DeleteVpc', 'CreateDefaultVpc', 'CreateDefaultSubnet', 'ModifyVpcAttribute',
                       'ModifyVpcTenancy', 'AssociateVpcCidrBlock', 'DisassociateVpcCidrBlock', 'CreateDhcpOptions',
                       'AssociateDhcpOptions', 'DeleteDhcpOptions', 'EnableVpcClassicLink',
                       'EnableVpcClassicLinkDnsSupport', 'AttachClassicLinkVpc', 'ModifyVpcBlockPublicAccessOptions',
                       'CreateVpcBlockPublicAccessExclusion')
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
       coalesce(asked->>'vpcId', asked->>'VpcId', answered->'vpc'->>'vpcId') AS vpc_id,
       coalesce(asked->>'cidrBlock', asked->>'CidrBlock', answered->'vpc'->>'cidrBlock') AS cidr,
       CASE WHEN event_name NOT IN ('CreateVpc', 'DeleteVpc') THEN asked END AS detail,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
