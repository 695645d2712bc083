-- title: Bursts of instance launches
-- description: Lists identities that asked for many instances, or were refused launches again and again, within a short time, as somebody does who mines coins with a stolen key.
-- severity: high
-- mitre: T1496, T1578.002, T1535
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which launches are counted together
-- param: at_least integer = 10 -- The fewest instances asked for that are a burst
-- param: failed_at_least integer = 3 -- The fewest failed calls that are a burst
-- param: services boolean = false -- Whether launches by AWS services are counted
--
-- Counted together: what one identity asked for in all regions within one stretch of the clock, refused or not.
-- Expected: a deployment of a known size by the identity that always does it; auto scaling is left out unless services
-- is true.
-- Suspicious: several regions, GPU or very large types, limits exceeded, an identity that never launched an instance.

WITH launches AS (
  SELECT *,
         coalesce(request_parameters->>'instanceType',
                  request_parameters->'launchSpecification'->>'instanceType') AS instance_type,
         -- A call that does not say how many asks for one at least.
         coalesce(try_cast(coalesce(request_parameters->'instancesSet'->'items'->0->>'maxCount',
                                    request_parameters->>'maxCount',
                                    request_parameters->>'instanceCount',
                                    request_parameters->'CreateFleetRequest'->'TargetCapacitySpecification'
                                      ->>'TotalTargetCapacity') AS BIGINT), 1) AS asked,
         coalesce(cardinality(json_get_array(response_elements, 'instancesSet', 'items')), 0) AS launched
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('RunInstances', 'CreateFleet', 'RequestSpotInstances', 'RequestSpotFleet')
    AND ($services OR NOT coalesce(is_aws_service(source_ip), false))
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT min(event_time) AS first_launch,
       max(event_time) AS last_launch,
       account_id,
       principal,
       source_ip,
       count(*) AS calls,
       sum(asked) AS instances_asked,
       sum(launched) AS instances_launched,
       count(*) FILTER (WHERE outcome <> 'success') AS failed_calls,
       count(DISTINCT aws_region) AS regions,
       array_to_string(array_sort(array_agg(DISTINCT instance_type)), ', ') AS instance_types,
       array_to_string(array_sort(array_agg(DISTINCT error_code)), ', ') AS error_codes,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys
FROM launches
GROUP BY date_bin($window, event_time), account_id, principal, source_ip
HAVING sum(asked) >= $at_least OR count(*) FILTER (WHERE outcome <> 'success') >= $failed_at_least
ORDER BY first_launch DESC, account_id, principal, source_ip
