-- title: Who looks at how you are watched
-- description: Lists identities that asked how logging and detection are set up: which trails, detectors, recorders and flow logs there are.
-- severity: low
-- mitre: T1580, T1526, T1518.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: at_least integer = 3 -- The fewest different calls that make a row
-- param: services boolean = false -- Whether AWS services are listed
--
-- One row for each identity, address and day. Intruders look before they switch off; a row followed by one in
-- detection_switched_off is the pattern.
-- Expected: security tools and auditors, with a fixed role and address; infrastructure code that refreshes its state.
-- Suspicious: an identity that never did so before, most calls denied, LookupEvents (somebody reads what you could
-- see of them).

SELECT min(event_time) AS first_time,
       max(event_time) AS last_time,
       account_id,
       principal,
       session_name,
       source_ip,
       count(*) AS calls,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(DISTINCT event_source || ':' || event_name) AS different_calls,
       count(DISTINCT aws_region) AS regions,
       array_to_string(array_sort(array_agg(DISTINCT split_part(event_source, '.', 1) || ':' || event_name)), ', ')
         AS event_names,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys
FROM cloudtrail
WHERE ((event_source = 'cloudtrail.amazonaws.com'
        AND event_name IN ('LookupEvents', 'DescribeTrails', 'ListTrails', 'GetTrail', 'GetTrailStatus',
                           'GetEventSelectors', 'GetInsightSelectors', 'ListEventDataStores', 'GetEventDataStore'))
       OR (event_source = 'config.amazonaws.com'
           AND event_name IN ('DescribeConfigurationRecorders', 'DescribeConfigurationRecorderStatus',
                              'DescribeDeliveryChannels', 'DescribeConfigRules'))
       OR (event_source = 'guardduty.amazonaws.com'
           AND event_name IN ('ListDetectors', 'GetDetector', 'ListFilters', 'ListIPSets',
                              'ListPublishingDestinations'))
       OR (event_source = 'securityhub.amazonaws.com' AND event_name IN ('DescribeHub', 'GetEnabledStandards'))
       OR (event_source = 'macie2.amazonaws.com' AND event_name = 'GetMacieSession')
       OR (event_source = 'access-analyzer.amazonaws.com' AND event_name IN ('ListAnalyzers', 'GetAnalyzer'))
       OR (event_source = 'ec2.amazonaws.com' AND event_name = 'DescribeFlowLogs')
       OR (event_source = 's3.amazonaws.com' AND event_name = 'GetBucketLogging')
       OR (event_source = 'route53resolver.amazonaws.com' AND event_name = 'ListResolverQueryLogConfigs'))
  AND ($services OR principal_type IS DISTINCT FROM 'AWSService')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY event_date, account_id, principal, session_name, source_ip
HAVING count(DISTINCT event_source || ':' || event_name) >= $at_least
ORDER BY first_time DESC, account_id, principal, session_name, source_ip
