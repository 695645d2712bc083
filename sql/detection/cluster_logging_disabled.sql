-- title: EKS control plane logs switched off
-- description: Lists attempts to switch off the audit and other logs of a Kubernetes control plane, which show what happened in the cluster.
-- severity: high
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The audit log is the only record of what is done with kubectl: CloudTrail does not see it.
-- Expected: none. Suspicious: audit or authenticator among the types with enabled false (read logging).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'name' AS cluster,
       request_parameters->'logging'->>'clusterLogging' AS logging,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'eks.amazonaws.com'
  AND event_name = 'UpdateClusterConfig'
  AND (request_parameters IS NULL
       OR (request_parameters->>'omitted') = 'true'
       OR (request_parameters->'logging'->>'clusterLogging') ~ '"enabled"\s*:\s*false')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
