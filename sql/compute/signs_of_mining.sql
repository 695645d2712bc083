-- title: Signs of mining at your cost
-- description: Lists identities that within an hour tried to start machines in several regions, many of them, big ones, or asked for higher limits.
-- severity: high
-- mitre: T1496, T1578.002
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which calls are counted together
-- param: at_least integer = 10 -- The fewest machines asked for
-- param: regions integer = 3 -- Or the fewest regions tried
--
-- One strange launch is in recent_instance_state_changes; here they are added up, with limits, containers and node
-- groups.
-- machines adds up the greatest numbers asked for. Refusals (VcpuLimitExceeded, UnauthorizedOperation,
-- DryRunOperation) are part of the picture: thieves try region after region.
-- Expected: big batch runs of a known role in its regions. Launches by AWS services (auto scaling) are left out.
-- Windows lie on the clock.

WITH starts AS (
  SELECT *,
         coalesce(request_parameters->>'instanceType',
                  request_parameters->'instancesSet'->'items'->0->>'instanceType',
                  request_parameters->>'instanceTypes', request_parameters->>'bundleId') AS machine_type,
         CASE event_name
           WHEN 'RunInstances' THEN coalesce(
             TRY_CAST(request_parameters->'instancesSet'->'items'->0->>'maxCount' AS BIGINT), 1)
           WHEN 'RunTask' THEN coalesce(TRY_CAST(request_parameters->>'count' AS BIGINT), 1)
           WHEN 'RequestServiceQuotaIncrease' THEN 0
           ELSE 1
         END AS machines
  FROM cloudtrail
  WHERE event_name IN ('RunInstances', 'RequestSpotInstances', 'RequestSpotFleet', 'CreateFleet', 'CreateInstances',
                       'RunTask', 'CreateNodegroup', 'CreateComputeEnvironment', 'RequestServiceQuotaIncrease',
                       'CreateNotebookInstance', 'CreateAutoScalingGroup')
    AND event_source IN ('ec2.amazonaws.com', 'lightsail.amazonaws.com', 'ecs.amazonaws.com', 'eks.amazonaws.com',
                         'batch.amazonaws.com', 'servicequotas.amazonaws.com', 'sagemaker.amazonaws.com',
                         'autoscaling.amazonaws.com')
    AND NOT coalesce(is_aws_service(principal) OR is_aws_service(source_ip), false)
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT min(event_time) AS first_event,
       max(event_time) AS last_event,
       account_id,
       principal,
       source_ip,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       count(*) AS calls,
       count(*) FILTER (WHERE outcome <> 'success') AS refused_or_failed,
       sum(machines) AS machines,
       array_to_string(array_sort(array_agg(DISTINCT machine_type)), ', ') AS machine_types,
       array_to_string(array_sort(array_agg(DISTINCT aws_region)), ', ') AS regions,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names
FROM starts
GROUP BY date_bin($window, event_time), account_id, principal, source_ip
HAVING sum(machines) >= $at_least
    OR count(DISTINCT aws_region) >= $regions
    OR count(*) FILTER (WHERE event_name = 'RequestServiceQuotaIncrease') > 0
    OR count(*) FILTER (WHERE regexp_like(machine_type, '\b(ml\.)?(p[2-9]|g[3-9]|inf|trn|dl[1-9])[a-z0-9-]*\.')) > 0
    OR count(*) FILTER (WHERE regexp_like(machine_type, '\.(12|16|18|24|32|48|56|64|96|112)xlarge|\.metal')) > 0
ORDER BY first_event DESC, principal, source_ip
