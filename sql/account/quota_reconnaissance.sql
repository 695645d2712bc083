-- title: Who asks in many regions how much they may use
-- description: Lists identities that asked for the quotas of an account in several regions within a day, as somebody does who looks for a place to mine.
-- severity: medium
-- mitre: T1580, T1526, T1496
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: at_least integer = 3 -- The fewest regions that make a row
--
-- One row for each identity, address and day.
-- Expected: a tool that watches quotas, always the same. Suspicious: everyone else; look for RunInstances and
-- quota_increases_requested after it.

SELECT min(event_time) AS first_time,
       max(event_time) AS last_time,
       account_id,
       principal,
       session_name,
       source_ip,
       count(*) AS calls,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(DISTINCT aws_region) AS regions,
       array_to_string(array_sort(array_agg(DISTINCT aws_region)), ', ') AS region_names,
       array_to_string(array_sort(array_agg(DISTINCT split_part(event_source, '.', 1) || ':' || event_name)), ', ')
         AS event_names,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys
FROM cloudtrail
WHERE ((event_source = 'servicequotas.amazonaws.com'
        AND event_name IN ('GetServiceQuota', 'ListServiceQuotas', 'GetAWSDefaultServiceQuota',
                           'ListAWSDefaultServiceQuotas'))
       OR (event_source = 'ec2.amazonaws.com' AND event_name IN ('DescribeAccountAttributes',
                                                                           'DescribeInstanceTypeOfferings'))
       OR (event_source = 'ses.amazonaws.com' AND event_name IN ('GetSendQuota', 'GetAccount'))
       OR (event_source IN ('cloudformation.amazonaws.com', 'elasticloadbalancing.amazonaws.com',
                            'autoscaling.amazonaws.com')
           AND event_name = 'DescribeAccountLimits'))
  AND NOT coalesce(ip_is_aws_host(source_ip), false)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY event_date, account_id, principal, session_name, source_ip
HAVING count(DISTINCT aws_region) >= $at_least
ORDER BY first_time DESC, account_id, principal, session_name, source_ip
