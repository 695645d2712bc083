-- title: What the root user did
-- description: Lists every call made as the root user, who may do anything and is bound by no policy.
-- severity: high
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: reads boolean = true -- Whether calls that only read are listed
--
-- Sign-ins of root: the report root_console_sign_ins. by_assume_root is true for the short sessions that the
-- management account opens in a member account: sts:AssumeRoot says who did.
-- Expected: a break-glass drill, the few settings only root can change, the first day of an account. Suspicious: an
-- access key of root at all (access_key_id begins with AKIA), calls that any role could make, another address. Calls
-- that services make on root's behalf after a sign-in are left out, events of AWS itself as well.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       source_ip,
       access_key_id,
       event_name,
       event_source,
       resource_arns,
       coalesce((unmapped->'userIdentity'->'sessionContext'->>'assumedRoot') = 'true', false) AS by_assume_root,
       mfa_authenticated,
       user_agent,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE principal_type = 'Root'
  AND invoked_by IS NULL
  AND (event_type IS DISTINCT FROM 'AwsServiceEvent')
  AND ($reads OR is_write(event_name, read_only))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
