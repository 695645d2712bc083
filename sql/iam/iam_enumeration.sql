-- title: Users, roles and policies looked through
-- description: Lists identities that read many different things about users, roles and policies within an hour, or the whole of IAM at once.
-- severity: medium
-- mitre: T1087.004, T1069.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which calls are counted together
-- param: at_least integer = 6 -- The fewest kinds of call that are listed
--
-- Who has stolen a key asks what it may do and who else is there. GetAccountAuthorizationDetails and the credential
-- report give all of it in one call.
-- Expected: auditors' tools, infrastructure code, a person in the IAM console (each page is many calls). Suspicious: a
-- service user's key, a tool such as pacu or enumerate-iam, refusals among the calls, a new address. Windows lie on
-- the clock, so one search across a boundary is two rows.

SELECT min(event_time) AS first_call,
       max(event_time) AS last_call,
       account_id,
       principal,
       source_ip,
       count(DISTINCT event_id) AS calls,
       count(DISTINCT event_name) AS kinds_of_call,
       count(DISTINCT event_id) FILTER (WHERE outcome = 'denied') AS denied_calls,
       bool_or(event_name IN ('GetAccountAuthorizationDetails', 'GenerateCredentialReport', 'GetCredentialReport'))
         AS whole_account,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       min(event_id) AS event_id
FROM cloudtrail
WHERE event_source = 'iam.amazonaws.com'
  AND NOT is_write(event_name, read_only)
  AND (principal_type IS DISTINCT FROM 'AWSService')
  AND invoked_by IS NULL
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, principal, source_ip
HAVING count(DISTINCT event_name) >= $at_least
    OR bool_or(event_name IN ('GetAccountAuthorizationDetails', 'GenerateCredentialReport', 'GetCredentialReport'))
ORDER BY first_call DESC, principal, source_ip
