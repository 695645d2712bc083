-- title: What AWS Support did in your accounts
-- description: Lists calls made by the people of AWS Support through the service role that lets them look at your resources.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The role reads descriptions of resources, not data. Each use belongs to a case of yours.
-- Expected: reads while a case is open. Suspicious: uses without a case (see support_cases), other than reads.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       event_source,
       read_only,
       resource_arns,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE (issuer_user_name = 'AWSServiceRoleForSupport' OR invoked_by = 'support.amazonaws.com')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
