-- title: Buckets explored
-- description: Lists identities that asked for the settings of many buckets within minutes, as somebody does who looks for an open one.
-- severity: medium
-- mitre: T1580, T1619
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '10 minutes' -- The stretch of time in which calls are counted together
-- param: at_least integer = 5 -- The fewest different buckets
--
-- Expected: audit tools and inventories under a name you know, an administrator in the console, which asks much of one
-- bucket.
-- AWS services are left out. Suspicious: an address or key new for the identity, many refusals, reads or changes next.
-- Ask next: report user_activity for the principal. Windows lie on the clock, so a series across a boundary is two
-- rows.

SELECT min(event_time) AS first_event,
       max(event_time) AS last_event,
       account_id,
       principal,
       source_ip,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools,
       count(*) AS calls,
       count(DISTINCT request_parameters->>'bucketName') AS buckets,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND (event_name LIKE 'GetBucket%'
       OR event_name IN ('ListBuckets', 'ListAllMyBuckets', 'HeadBucket', 'ListObjects', 'ListObjectsV2',
                         'ListObjectVersions', 'ListAccessPoints', 'GetAccountPublicAccessBlock',
                         'GetPublicAccessBlock', 'GetAccelerateConfiguration', 'GetObjectLockConfiguration'))
  AND NOT coalesce(is_aws_service(principal) OR is_aws_service(source_ip), false)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, principal, source_ip
HAVING count(DISTINCT request_parameters->>'bucketName') >= $at_least
ORDER BY first_event DESC, principal, source_ip
