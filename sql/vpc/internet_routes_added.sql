-- title: Networks opened to the internet by a route
-- description: Lists every attempt to send the default route of a network straight to an internet gateway, which makes its subnets public.
-- severity: high
-- mitre: T1562.007, T1133
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A NAT gateway lets traffic out only and is not listed. Expected: infrastructure code when it makes a public subnet.
-- Suspicious: a private subnet's table, a person, a network that had none. Rows without a target are calls whose
-- parameters the log left out.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('CreateRoute', 'ReplaceRoute')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
routes AS (
  SELECT *,
         coalesce(asked->>'routeTableId', asked->>'RouteTableId') AS route_table_id,
         coalesce(asked->>'destinationCidrBlock', asked->>'destinationIpv6CidrBlock',
                  asked->>'DestinationCidrBlock', asked->>'DestinationIpv6CidrBlock') AS destination,
         coalesce(asked->>'gatewayId', asked->>'GatewayId') AS target
  FROM calls
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       route_table_id,
       destination,
       target,
       outcome,
       error_code,
       event_id
FROM routes
WHERE (target LIKE 'igw-%' AND regexp_like(destination, '/[0-7]$'))
   OR (request_parameters IS NULL OR (request_parameters->>'omitted') = 'true')
ORDER BY event_time DESC, event_id
