-- title: Recent EC2 instance state changes
-- description: Lists each instance that was launched, started, stopped, rebooted or terminated, by whom, from where and with which key.
-- severity: info
-- mitre: T1578.002, T1578.003, T1485, T1489
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: instance text = NULL -- Only this instance, as i-0123456789abcdef0
--
-- One row for each instance of each call. What was refused is listed too, with the instances that were asked for;
-- the state is then unknown, and for a refused launch so is the instance.
-- Expected: auto scaling (source_ip is autoscaling.amazonaws.com), schedulers, deployments.
-- Suspicious: many instances in a short time, regions you do not use, a key or an address new for the principal,
-- a stop followed by a terminate, a DryRunOperation error (somebody tests what they may do).
-- A spot instance that AWS takes back is the event BidEvictedEvent, by a service.

WITH calls AS (
  SELECT *,
         CASE
           WHEN event_name = 'BidEvictedEvent'
             THEN json_get_array(service_event_details, 'instanceIdSet')
           WHEN outcome = 'success' AND event_name <> 'RebootInstances'
             THEN json_get_array(response_elements, 'instancesSet', 'items')
           WHEN event_name <> 'RunInstances'
             THEN json_get_array(request_parameters, 'instancesSet', 'items')
         END AS items
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('RunInstances', 'StartInstances', 'StopInstances', 'RebootInstances', 'TerminateInstances',
                       'BidEvictedEvent')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
instances AS (
  -- A call whose instances are unknown stays: NULL and empty lists would lose it.
  SELECT *, unnest(CASE WHEN cardinality(items) > 0 THEN items ELSE make_array(CAST(NULL AS VARCHAR)) END) AS item
  FROM calls
),
states AS (
  SELECT *,
         CASE WHEN event_name = 'BidEvictedEvent' THEN trim(BOTH '"' FROM item) ELSE item->>'instanceId' END
           AS instance_id,
         CASE WHEN event_name = 'RunInstances' THEN 'new' ELSE item->'previousState'->>'name' END AS was,
         coalesce(item->'currentState'->>'name', item->'instanceState'->>'name') AS is_now
  FROM instances
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       instance_id,
       CASE WHEN is_now IS NOT NULL THEN was || ' -> ' || is_now END AS state_change,
       outcome,
       error_code,
       event_id
FROM states
WHERE $instance IS NULL OR instance_id = $instance
ORDER BY event_time DESC, event_id, instance_id
