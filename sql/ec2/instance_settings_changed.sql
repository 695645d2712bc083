-- title: EC2 instance settings changed
-- description: Lists every attempt to change how an instance is set up: its type, protection, metadata service, placement, network checks or role.
-- severity: low
-- mitre: T1578.005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- changed names what the call sets; detail is the call in full. What changes the user data, the role, the protection
-- or the metadata service has a report of its own with more detail.
-- Expected: infrastructure code, resizing in a maintenance window.
-- Suspicious: sourceDestCheck off (the instance may forward the traffic of others), a role replaced, several instances
-- in a row.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('ModifyInstanceAttribute', 'ResetInstanceAttribute', 'ModifyInstanceMetadataOptions',
                       'ModifyInstanceMetadataDefaults', 'ModifyInstancePlacement',
                       'ModifyInstanceCreditSpecification', 'ModifyInstanceCapacityReservationAttributes',
                       'ModifyInstanceMaintenanceOptions', 'ModifyInstanceCpuOptions',
                       'ModifyInstanceNetworkPerformanceOptions', 'ModifyPrivateDnsNameOptions', 'MonitorInstances',
                       'UnmonitorInstances', 'AssociateIamInstanceProfile', 'ReplaceIamInstanceProfileAssociation',
                       'DisassociateIamInstanceProfile')
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
       coalesce(asked->>'instanceId', asked->>'InstanceId', asked->'instancesSet'->'items'->0->>'instanceId',
                answered->'iamInstanceProfileAssociation'->>'instanceId') AS instance_id,
       coalesce(asked->>'attribute',
                -- What was left out names nothing.
                CASE WHEN (asked->>'omitted') IS NULL THEN
                  array_to_string(array_sort(array_except(json_object_keys(asked),
                                                          make_array('instanceId', 'InstanceId'))), ', ')
                END) AS changed,
       asked AS detail,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
