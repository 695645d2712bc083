-- title: Bursts of destruction
-- description: Lists identities that terminated instances or deleted disks, snapshots, images and networks in number within a short time, or tried to.
-- severity: high
-- mitre: T1485, T1490, T1489
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which deletions are counted together
-- param: at_least integer = 10 -- The fewest things that are a burst
-- param: services boolean = false -- Whether deletions by AWS services are counted
--
-- Counted are the things that were to be destroyed by one identity from one address within a stretch of the clock,
-- refused or not; an instance counts one, however many are in a call.
-- Expected: infrastructure code that takes down an environment, the clean-up of backups.
-- Suspicious: snapshots and images together with the instances they belong to (nothing shall come back), a person,
-- several regions.

WITH calls AS (
  SELECT *,
         CASE event_name
           WHEN 'TerminateInstances'
             THEN coalesce(cardinality(json_get_array(request_parameters, 'instancesSet', 'items')), 1)
           ELSE 1
         END AS things
  FROM cloudtrail
  WHERE event_source IN ('ec2.amazonaws.com', 'autoscaling.amazonaws.com', 'elasticloadbalancing.amazonaws.com')
    AND event_name IN ('TerminateInstances', 'DeleteVolume', 'DeleteSnapshot', 'DeregisterImage',
                       'DeleteLaunchTemplate', 'DeleteAutoScalingGroup', 'DeleteLaunchConfiguration',
                       'DeleteLoadBalancer', 'DeleteTargetGroup', 'DeleteVpc', 'DeleteSubnet', 'DeleteRouteTable',
                       'DeleteInternetGateway', 'DeleteNatGateway', 'DeleteVpcEndpoints', 'DeleteSecurityGroup',
                       'DeleteNetworkAcl', 'DeleteNetworkInterface', 'DeleteKeyPair', 'ReleaseAddress')
    AND ($services OR NOT coalesce(is_aws_service(source_ip), false))
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT min(event_time) AS first_call,
       max(event_time) AS last_call,
       account_id,
       principal,
       source_ip,
       count(*) AS calls,
       sum(things) AS things,
       sum(things) FILTER (WHERE outcome = 'success') AS destroyed,
       count(*) FILTER (WHERE outcome <> 'success') AS failed_calls,
       sum(things) FILTER (WHERE event_name = 'TerminateInstances') AS instances,
       sum(things) FILTER (WHERE event_name IN ('DeleteVolume', 'DeleteSnapshot',
                                                'DeregisterImage')) AS disks_and_images,
       count(DISTINCT aws_region) AS regions,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       min(event_id) AS an_event_id
FROM calls
GROUP BY date_bin($window, event_time), account_id, principal, source_ip
HAVING sum(things) >= $at_least
ORDER BY first_call DESC, account_id, principal, source_ip
