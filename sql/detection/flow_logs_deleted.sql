-- title: VPC flow logs deleted
-- description: Lists attempts to delete the logs of network traffic of a VPC, subnet or interface.
-- severity: high
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Without flow logs nobody can tell afterwards where data went.
-- Expected: a VPC that is taken down, in the same minutes. Suspicious: the VPC stays.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->'DeleteFlowLogsRequest'->'FlowLogId'->>'content',
                request_parameters->'DeleteFlowLogsRequest'->>'FlowLogId') AS flow_logs,
       nullif(response_elements->'DeleteFlowLogsResponse'->>'unsuccessful', '') AS unsuccessful,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'ec2.amazonaws.com'
  AND event_name = 'DeleteFlowLogs'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
