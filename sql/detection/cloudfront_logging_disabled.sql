-- title: CloudFront distributions without a log
-- description: Lists distributions that were changed or made so that they write no access log.
-- severity: low
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- An update always sends the whole configuration, so a distribution that never had a log is listed at every change.
-- Compare with the row before for the same distribution.
-- Expected: distributions that log through CloudWatch (the new kind of log, which this field does not show) or never
-- did.
-- Suspicious: a change of nothing else; DeleteRealtimeLogConfig; the first row after a time with logs.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'id', response_elements->'distribution'->>'id', request_parameters->>'name',
                request_parameters->>'aRN') AS distribution,
       request_parameters->'distributionConfig'->>'aliases' AS names,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'cloudfront.amazonaws.com'
  AND ((api_name(event_name) IN ('UpdateDistribution', 'CreateDistribution', 'CreateDistributionWithTags')
        AND coalesce(request_parameters->'distributionConfig'->'logging'->>'enabled',
                     request_parameters->'distributionConfigWithTags'->'distributionConfig'->'logging'->>'enabled',
                     'false') = 'false')
       OR api_name(event_name) IN ('DeleteRealtimeLogConfig', 'UpdateRealtimeLogConfig'))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
