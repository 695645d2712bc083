-- title: Who uses which role
-- description: Lists for each role who took it, how often, from which accounts and addresses, and who was refused.
-- severity: info
-- mitre: T1078.004, T1550.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: role text = NULL -- Only this role: its ARN or its name
-- param: services boolean = false -- Whether roles taken by AWS services are counted
--
-- Compare it with what each role was made for.
-- Expected: few callers for each role, the same week after week. Suspicious: a caller with one or two uses, a caller of
-- an account that is not yours, a role of administrators that a machine takes.

WITH assumed AS (
  SELECT *,
         coalesce(request_parameters->>'roleArn', regexp_match(error_message, 'on resource: (arn:\S+)')[1]) AS role_arn
  FROM cloudtrail
  WHERE event_source = 'sts.amazonaws.com'
    AND event_name IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity')
    AND ($services OR NOT is_aws_service(coalesce(principal, '')))
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT role_arn,
       user_account_id AS from_account,
       principal,
       count(DISTINCT coalesce(shared_event_id, event_id)) FILTER (WHERE outcome = 'success') AS taken,
       count(DISTINCT coalesce(shared_event_id, event_id)) FILTER (WHERE outcome <> 'success') AS refused,
       count(DISTINCT request_parameters->>'roleSessionName') AS session_names,
       array_to_string(array_sort(array_agg(DISTINCT source_ip)), ', ') AS source_ips,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS programs,
       min(event_time) AS first_time,
       max(event_time) AS last_time
FROM assumed
WHERE $role IS NULL OR role_arn = $role OR arn_part(role_arn, 'name') = $role
GROUP BY role_arn, user_account_id, principal
ORDER BY role_arn, taken DESC, refused DESC, from_account, principal
