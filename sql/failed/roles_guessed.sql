-- title: Roles tried in vain
-- description: Lists identities that were refused several different roles in a short while, as somebody is who looks for a way to more rights.
-- severity: high
-- mitre: T1548.005, T1087.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which roles are counted together
-- param: at_least integer = 3 -- The fewest different roles that are listed
--
-- A refused AssumeRole is recorded only in the account of the caller.
-- Expected: a deployment over accounts where a role was not made yet. Suspicious: names as of a list (admin,
-- OrganizationAccountAccessRole, terraform), roles of accounts that are not yours, and taken is not 0: it found one.
-- Windows lie on the clock, so a series across a boundary is two rows.

WITH tries AS (
  SELECT *,
         coalesce(request_parameters->>'roleArn', request_parameters->>'targetPrincipal',
                  regexp_match(error_message, 'on resource: (arn:\S+)')[1], 'not told: ' || event_id) AS role_arn
  FROM cloudtrail
  WHERE event_source = 'sts.amazonaws.com'
    AND event_name IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot')
    AND NOT is_aws_service(coalesce(principal, ''))
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT min(event_time) FILTER (WHERE outcome <> 'success') AS first_refusal,
       max(event_time) FILTER (WHERE outcome <> 'success') AS last_refusal,
       account_id,
       principal,
       source_ip,
       count(DISTINCT role_arn) FILTER (WHERE outcome <> 'success') AS roles,
       count(*) FILTER (WHERE outcome <> 'success') AS refusals,
       count(DISTINCT arn_part(role_arn, 'account')) FILTER (WHERE outcome <> 'success') AS accounts,
       array_to_string(array_sort(array_agg(DISTINCT role_arn) FILTER (WHERE outcome <> 'success')), ', ')
         AS refused_roles,
       count(*) FILTER (WHERE outcome = 'success') AS taken,
       array_to_string(array_sort(array_agg(DISTINCT role_arn) FILTER (WHERE outcome = 'success')), ', ')
         AS taken_roles,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys
FROM tries
GROUP BY date_bin($window, event_time), account_id, principal, source_ip
HAVING count(DISTINCT role_arn) FILTER (WHERE outcome <> 'success') >= $at_least
ORDER BY first_refusal DESC, account_id, principal, source_ip
