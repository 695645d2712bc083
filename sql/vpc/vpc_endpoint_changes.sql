-- title: VPC endpoint changes
-- description: Lists every attempt to make, change or delete a private way into a service, its policy, or a service offered to other accounts.
-- severity: medium
-- mitre: T1562.007, T1537
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- An endpoint without a policy, or with the default one, lets everybody inside the network use any account's
-- resources: a quiet way to carry data out.
-- Expected: infrastructure code. Suspicious: a policy made wider (ResetPolicy), an endpoint to a service of another
-- account (com.amazonaws.vpce...), a principal allowed on your endpoint service, connections accepted.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('CreateVpcEndpoint', 'ModifyVpcEndpoint', 'DeleteVpcEndpoints',
                       'CreateVpcEndpointServiceConfiguration', 'ModifyVpcEndpointServiceConfiguration',
                       'DeleteVpcEndpointServiceConfigurations', 'ModifyVpcEndpointServicePermissions',
                       'AcceptVpcEndpointConnections', 'RejectVpcEndpointConnections',
                       'CreateInstanceConnectEndpoint', 'DeleteInstanceConnectEndpoint')
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
       -- Only the values: {"tag":1,"content":"vpce-1"} is vpce-1.
       regexp_replace(
         coalesce(json_get_json(asked, 'VpcEndpointId'), json_get_json(asked, 'ServiceId'),
                  json_get_json(asked, 'InstanceConnectEndpointId'),
                  json_get_json(answered, 'vpcEndpoint', 'vpcEndpointId'),
                  json_get_json(answered, 'serviceConfiguration', 'serviceId')),
         ',\s*"tag":\s*\d+|"tag":\s*\d+\s*,|"\w+":|[\[\]{}"\s]', '', 'g') AS endpoint_ids,
       coalesce(asked->>'ServiceName', asked->>'serviceName') AS service,
       coalesce(asked->>'VpcId', asked->>'vpcId') AS vpc_id,
       coalesce(asked->>'PolicyDocument', asked->>'policyDocument',
                CASE WHEN (asked->>'ResetPolicy') = 'true' THEN 'the default: everything' END) AS policy,
       regexp_replace(
         json_get_json(asked, 'AddAllowedPrincipals'),
         ',\s*"tag":\s*\d+|"tag":\s*\d+\s*,|"\w+":|[\[\]{}"\s]', '', 'g') AS principals_added,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
