-- title: Calls first denied, then allowed
-- description: Lists calls that an identity was refused and then, for the first time, could make, with the changes of permissions that lie between.
-- severity: high
-- mitre: T1098, T1548.005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 day' -- The longest time from the last refusal to the success
-- param: reads boolean = false -- Whether calls that only read are listed
--
-- Between the two somebody gained a permission, or found a resource where they already had it.
-- Expected: an engineer who asks for a permission and gets it; the change was made by a person in charge.
-- Suspicious: permission_changes were made by the same identity or by a session it opened; minutes instead of hours.
-- Only a success that no earlier one precedes within the time asked for is listed.

WITH refused AS (
  SELECT DISTINCT account_id, principal, event_source, event_name
  FROM cloudtrail
  WHERE outcome = 'denied'
    AND principal IS NOT NULL
    AND event_source <> 'signin.amazonaws.com'
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
calls AS (
  SELECT c.*,
         count(*) FILTER (WHERE c.outcome = 'success') OVER so_far AS successes,
         count(*) FILTER (WHERE c.outcome = 'denied') OVER so_far AS denials,
         max(CASE WHEN c.outcome = 'denied' THEN c.event_time END) OVER so_far AS last_denied
  FROM (
    SELECT *
    FROM cloudtrail
    WHERE outcome IN ('denied', 'success')
      AND ($reads OR is_write(event_name, read_only))
      AND ($since IS NULL OR event_time >= $since)
      AND ($until IS NULL OR event_time < $until)
      AND ($account IS NULL OR account_id = $account)
      AND ($region IS NULL OR aws_region = $region)
  ) AS c
  JOIN refused
    ON refused.account_id = c.account_id
   AND refused.principal = c.principal
   AND refused.event_source = c.event_source
   AND refused.event_name = c.event_name
  WINDOW so_far AS (PARTITION BY c.account_id, c.principal, c.event_source, c.event_name
                    ORDER BY c.event_time, c.event_id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
gained AS (
  SELECT *
  FROM calls
  WHERE outcome = 'success'
    AND successes = 1
    AND denials > 0
    AND last_denied >= event_time - $window
),
grants AS (
  SELECT event_time, account_id, event_name || ' by ' || coalesce(principal, 'somebody') AS change
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name IN ('AttachUserPolicy', 'AttachRolePolicy', 'AttachGroupPolicy', 'PutUserPolicy', 'PutRolePolicy',
                       'PutGroupPolicy', 'CreatePolicyVersion', 'SetDefaultPolicyVersion', 'AddUserToGroup',
                       'UpdateAssumeRolePolicy', 'DeleteUserPermissionsBoundary', 'DeleteRolePermissionsBoundary',
                       'PutUserPermissionsBoundary', 'PutRolePermissionsBoundary', 'DeleteUserPolicy',
                       'DeleteRolePolicy', 'DetachUserPolicy', 'DetachRolePolicy', 'RemoveUserFromGroup')
    AND outcome = 'success'
)
SELECT gained.event_time AS allowed_at,
       gained.account_id,
       gained.aws_region,
       gained.principal,
       gained.session_name,
       gained.source_ip,
       gained.access_key_id,
       gained.event_source,
       gained.event_name,
       gained.denials AS denied_before,
       gained.last_denied,
       round((date_part('epoch', gained.event_time) - date_part('epoch', gained.last_denied)) / 60, 1)
         AS minutes_between,
       array_to_string(array_sort(array_agg(DISTINCT grants.change)), ', ') AS permission_changes,
       gained.outcome,
       gained.event_id
FROM gained
LEFT JOIN grants
  ON grants.account_id = gained.account_id
 AND grants.event_time >= gained.last_denied
 AND grants.event_time <= gained.event_time
GROUP BY gained.event_time, gained.account_id, gained.aws_region, gained.principal, gained.session_name,
         gained.source_ip, gained.access_key_id, gained.event_source, gained.event_name, gained.denials,
         gained.last_denied, gained.outcome, gained.event_id
ORDER BY allowed_at DESC, gained.event_id
