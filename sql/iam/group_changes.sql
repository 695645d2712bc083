-- title: Group membership and groups changed
-- description: Lists who put users into groups or took them out, and groups that were made, renamed or deleted.
-- severity: medium
-- mitre: T1098.003, T1531
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A group hands on its policies: to join one is to get its rights at once.
-- Expected: joiners, movers, leavers. Suspicious: somebody who adds themselves (itself is true), a user that was just
-- made, groups of responders that are emptied, a group that is renamed to look like another.

WITH changes AS (
  SELECT *,
         request_parameters->>'userName' AS member,
         coalesce(request_parameters->>'groupName',
                  regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS group_name
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name IN ('CreateGroup', 'DeleteGroup', 'UpdateGroup', 'AddUserToGroup', 'RemoveUserFromGroup')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       group_name,
       request_parameters->>'newGroupName' AS new_group_name,
       member,
       member = coalesce(user_name, '') AS itself,
       outcome,
       error_code,
       event_id
FROM changes
ORDER BY event_time DESC, event_id
