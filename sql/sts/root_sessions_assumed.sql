-- title: Root sessions opened in member accounts
-- description: Lists every use of AssumeRoot, by which the management account acts as the root user of another account.
-- severity: high
-- mitre: T1548.005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- task is the policy of AWS that limits the session to one kind of work: unlocking a bucket or queue, or root's own
-- credentials. What was done: the report root_activity, with by_assume_root.
-- Expected: a repair that was announced. Suspicious: many accounts in a row, IAMCreateRootUserPassword (root of that
-- account can sign in again), a caller other than the few in charge, refused attempts.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'targetPrincipal' AS target_account,
       arn_part(coalesce(request_parameters->'taskPolicyArn'->>'arn', request_parameters->>'taskPolicyArn'), 'name')
         AS task,
       request_parameters->>'durationSeconds' AS seconds,
       issued_access_key_id,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'sts.amazonaws.com'
  AND event_name = 'AssumeRoot'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
