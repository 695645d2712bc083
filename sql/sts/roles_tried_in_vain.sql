-- title: Roles tried in vain
-- description: Lists identities that were refused several different roles within an hour: somebody tries where a stolen key leads.
-- severity: medium
-- mitre: T1087.004, T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which refusals are counted together
-- param: at_least integer = 3 -- The fewest different roles that are listed
--
-- AWS refuses a role that does not exist and a role that does not let one in alike; who guesses names sees no
-- difference, but leaves this trace. What another account refuses is recorded in the caller's account only.
-- Expected: a tool that goes over all accounts and lacks a role in new ones. Suspicious: names out of a list (Admin,
-- OrganizationAccountAccessRole, ...), accounts that are not yours, then_taken above 0: one of them opened. Windows
-- lie on the clock, so a search across a boundary is two rows.

WITH tries AS (
  SELECT *,
         coalesce(request_parameters->>'roleArn', regexp_match(error_message, 'on resource: (arn:\S+)')[1]) AS role_arn
  FROM cloudtrail
  WHERE event_source = 'sts.amazonaws.com'
    AND event_name IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot')
    AND (principal_type IS DISTINCT FROM 'AWSService')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT min(event_time) FILTER (WHERE outcome = 'denied') AS first_refused,
       max(event_time) FILTER (WHERE outcome = 'denied') AS last_refused,
       account_id,
       principal,
       source_ip,
       count(DISTINCT event_id) FILTER (WHERE outcome = 'denied') AS refused,
       count(DISTINCT role_arn) FILTER (WHERE outcome = 'denied') AS roles,
       count(DISTINCT arn_part(role_arn, 'account')) FILTER (WHERE outcome = 'denied') AS accounts,
       array_to_string(array_sort(array_agg(DISTINCT role_arn) FILTER (WHERE outcome = 'denied')), ', ') AS role_arns,
       count(DISTINCT event_id) FILTER (WHERE outcome = 'success') AS then_taken,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       min(event_id) AS event_id
FROM tries
GROUP BY date_bin($window, event_time), account_id, principal, source_ip
HAVING count(DISTINCT role_arn) FILTER (WHERE outcome = 'denied') >= $at_least
ORDER BY first_refused DESC, principal, source_ip
