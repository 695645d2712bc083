-- title: Web firewall logging removed
-- description: Lists attempts to delete or alter the logging of a web ACL, so that attacks on a site leave no trace there.
-- severity: medium
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: infrastructure code that sets the same again (PutLoggingConfiguration). Suspicious:
-- DeleteLoggingConfiguration; a new destination in another account; a filter that drops what was blocked (read
-- detail).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'resourceArn',
                request_parameters->'loggingConfiguration'->>'resourceArn') AS web_acl,
       request_parameters->'loggingConfiguration'->>'logDestinationConfigs' AS destinations,
       request_parameters->'loggingConfiguration'->>'loggingFilter' AS filter,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source IN ('wafv2.amazonaws.com', 'waf.amazonaws.com', 'waf-regional.amazonaws.com')
  AND event_name IN ('DeleteLoggingConfiguration', 'PutLoggingConfiguration')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
