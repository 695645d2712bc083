-- title: Who invoked Lambda functions
-- description: Counts, by function, identity and hour, the calls of functions, from which accounts and how many were refused.
-- severity: info
-- mitre: T1648
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which calls are counted together
--
-- Calls are data events: CloudTrail records them only where a trail was told to.
-- Expected: services that trigger functions (principal or address names a service), applications. Suspicious: another
-- account (from_another_account), a person, a rate unlike other hours.

SELECT min(event_time) AS first_event,
       max(event_time) AS last_event,
       account_id,
       aws_region,
       coalesce(arn_part(request_parameters->>'functionName', 'resource_id'), request_parameters->>'functionName',
                arn_part(resource_arns[1], 'resource_id')) AS function,
       principal,
       source_ip,
       user_account_id <> account_id AS from_another_account,
       count(*) AS calls,
       count(*) FILTER (WHERE outcome <> 'success') AS refused_or_failed,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys
FROM cloudtrail
WHERE event_source = 'lambda.amazonaws.com'
  AND api_name(event_name) IN ('Invoke', 'InvokeAsync', 'InvokeFunction', 'InvokeFunctionUrl',
                               'InvokeWithResponseStream')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, aws_region,
         coalesce(arn_part(request_parameters->>'functionName', 'resource_id'), request_parameters->>'functionName',
                  arn_part(resource_arns[1], 'resource_id')),
         principal, source_ip, user_account_id <> account_id
ORDER BY first_event DESC, function, principal, source_ip
