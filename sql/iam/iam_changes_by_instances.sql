-- title: IAM changed with the role of an instance
-- description: Lists changes to users, roles and policies made with the credentials of an EC2 instance, which hardly any server has to do.
-- severity: high
-- mitre: T1078.004, T1098, T1136.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A server that makes users or keys is nearly always a server that somebody broke into.
-- Expected: a build server or an installer that manages IAM; know it by its role. Suspicious: every other row, and an
-- address that is not that of the instance: then the credentials were carried away. instance_id is the name of the
-- session; a caller of AssumeRole may choose such a name too (delivered_by is then empty).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       source_ip,
       access_key_id,
       event_name,
       session_name AS instance_id,
       CASE ec2_role_delivery WHEN '1.0' THEN 'IMDSv1' WHEN '2.0' THEN 'IMDSv2' END AS delivered_by,
       coalesce(request_parameters->>'userName', request_parameters->>'roleName', request_parameters->>'groupName',
                request_parameters->>'policyArn', request_parameters->>'policyName',
                regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS target,
       issued_access_key_id AS new_access_key_id,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'iam.amazonaws.com'
  AND principal_type = 'AssumedRole'
  AND (regexp_like(session_name, '^i-[0-9a-f]{8,17}$') OR ec2_role_delivery IS NOT NULL)
  AND is_write(event_name, read_only)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
