-- title: Subnets made, changed or deleted
-- description: Lists every attempt to make, change or delete a subnet.
-- severity: low
-- mitre: T1578
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: infrastructure code. Suspicious: public_addresses turned on (what is launched there is reachable from the
-- internet), subnets in a region you do not use.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('CreateSubnet', 'DeleteSubnet', 'ModifySubnetAttribute', 'AssociateSubnetCidrBlock',
                       'DisassociateSubnetCidrBlock', 'CreateSubnetCidrReservation')
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
       coalesce(asked->>'subnetId', asked->>'SubnetId', answered->'subnet'->>'subnetId') AS subnet_id,
       coalesce(asked->>'vpcId', asked->>'VpcId', answered->'subnet'->>'vpcId') AS vpc_id,
       coalesce(asked->>'cidrBlock', asked->>'CidrBlock', answered->'subnet'->>'cidrBlock') AS cidr,
       coalesce(asked->'mapPublicIpOnLaunch'->>'value', asked->'MapPublicIpOnLaunch'->>'Value') AS public_addresses,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
