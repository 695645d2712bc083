-- title: VPC flow logs made or deleted
-- description: Lists every attempt to make or delete the log of network traffic.
-- severity: high
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Deleting flow logs hides where data went. Expected: infrastructure code that makes them, and takes them down with
-- the network.
-- Suspicious: DeleteFlowLogs while the network stays, a new log that records less (traffic REJECT only) or goes to a
-- foreign bucket.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('CreateFlowLogs', 'DeleteFlowLogs')
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
       -- Only the values: {"tag":1,"content":"fl-1"} is fl-1.
       regexp_replace(
         coalesce(json_get_json(asked, 'FlowLogId'), json_get_json(answered, 'flowLogIdSet', 'item')),
         ',\s*"tag":\s*\d+|"tag":\s*\d+\s*,|"\w+":|[\[\]{}"\s]', '', 'g') AS flow_log_ids,
       regexp_replace(
         json_get_json(asked, 'ResourceId'),
         ',\s*"tag":\s*\d+|"tag":\s*\d+\s*,|"\w+":|[\[\]{}"\s]', '', 'g') AS logged,
       asked->>'TrafficType' AS traffic,
       coalesce(asked->>'LogDestination', asked->>'LogGroupName') AS destination,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
