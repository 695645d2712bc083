-- title: Roles taken by AWS services
-- description: Sums up which AWS service took which role, for how many instances, functions or tasks, and when for the first time.
-- severity: info
-- mitre: T1548.005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A service that takes a role for the first time is how a passed role becomes somebody's tool: a new function, a new
-- instance, a new stack with the rights of an administrator.
-- Expected: the services you use, each with the roles made for it. Suspicious: a first_time on the day of the
-- incident, a powerful role, a service that you do not use (who passed the role? see RunInstances, CreateFunction,
-- CreateStack ...).

SELECT account_id,
       coalesce(invoked_by, source_ip) AS service,
       request_parameters->>'roleArn' AS role_arn,
       count(*) FILTER (WHERE outcome = 'success') AS taken,
       count(*) FILTER (WHERE outcome <> 'success') AS refused,
       count(DISTINCT request_parameters->>'roleSessionName') AS session_names,
       min(request_parameters->>'roleSessionName') AS a_session_name,
       array_to_string(array_sort(array_agg(DISTINCT aws_region)), ', ') AS regions,
       min(event_time) AS first_time,
       max(event_time) AS last_time
FROM cloudtrail
WHERE event_source = 'sts.amazonaws.com'
  AND event_name = 'AssumeRole'
  AND principal_type = 'AWSService'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY account_id, coalesce(invoked_by, source_ip), request_parameters->>'roleArn'
ORDER BY first_time DESC, account_id, service, role_arn
