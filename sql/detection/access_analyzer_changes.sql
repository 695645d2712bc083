-- title: Access Analyzer removed or made silent
-- description: Lists attempts to delete an analyzer of external access, to archive its findings, or to write rules that archive them by themselves.
-- severity: medium
-- mitre: T1562.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Access Analyzer tells when a bucket, role or key is open to somebody outside. Who is about to open one archives
-- that finding first.
-- Expected: the security team that archives what is meant so. Suspicious: DeleteAnalyzer; an archive rule for an
-- account you do not know (read detail).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'analyzerName', request_parameters->>'analyzerArn') AS analyzer,
       request_parameters->>'ruleName' AS archive_rule,
       request_parameters->>'status' AS new_status,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'access-analyzer.amazonaws.com'
  AND event_name IN ('DeleteAnalyzer', 'UpdateAnalyzer', 'CreateArchiveRule', 'UpdateArchiveRule', 'ApplyArchiveRule',
                     'DeleteArchiveRule', 'UpdateFindings')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
