-- title: Activity in regions you do not use
-- description: Lists who was active in regions that are not on your list, what they did and what they were refused.
-- severity: medium
-- mitre: T1535
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: regions text = NULL -- The regions you use, between commas
--
-- Give the regions you use, between commas: regions=eu-central-1,eu-west-1. Without a list every region is listed.
-- IAM, STS, sign-ins and other global services record in us-east-1; these are not listed there.
-- Expected: services and scanners that look at every region (writes is 0).
-- Suspicious: writes, above all instances, functions and clusters; a look around through all regions by one identity.

SELECT aws_region,
       account_id,
       principal,
       source_ip,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(*) FILTER (WHERE outcome = 'error') AS errors,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT event_name)), 1, 8), ', ') AS some_calls,
       count(DISTINCT access_key_id) AS access_keys,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT access_key_id)), 1, 3), ', ') AS some_access_keys,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE ($regions IS NULL OR NOT array_has(string_to_array($regions, ','), aws_region))
  AND (aws_region <> 'us-east-1' OR event_name <> 'ListBuckets' AND event_source NOT IN (
         'account.amazonaws.com', 'billing.amazonaws.com', 'budgets.amazonaws.com', 'ce.amazonaws.com', 'cloudfront.amazonaws.com',
         'cur.amazonaws.com', 'globalaccelerator.amazonaws.com', 'health.amazonaws.com', 'iam.amazonaws.com',
         'organizations.amazonaws.com', 'route53.amazonaws.com', 'route53domains.amazonaws.com', 'shield.amazonaws.com',
         'signin.amazonaws.com', 'sts.amazonaws.com', 'support.amazonaws.com', 'trustedadvisor.amazonaws.com',
         'waf.amazonaws.com'))
  AND coalesce(principal_type, '') <> 'AWSService'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY aws_region, account_id, principal, source_ip
ORDER BY writes DESC, events DESC, aws_region, account_id, principal NULLS FIRST, source_ip
