-- title: Users added to administrator groups
-- description: Lists every attempt to put a user into a group whose name says that it is one of administrators.
-- severity: high
-- mitre: T1098.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: pattern text = '%admin%' -- The names of administrator groups, as for LIKE, in any case
--
-- Group names are yours: give the pattern that fits them, as --param pattern=%ops%. A refused attempt whose group
-- CloudTrail did not write down is listed too, with no group_name.
-- Expected: a promotion that somebody asked for. Suspicious: itself is true, the user was made the same day.

WITH added AS (
  SELECT *,
         request_parameters->>'userName' AS member,
         coalesce(request_parameters->>'groupName',
                  regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS group_name
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name = 'AddUserToGroup'
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
       member,
       member = coalesce(user_name, '') AS itself,
       outcome,
       error_code,
       event_id
FROM added
WHERE group_name ILIKE $pattern OR group_name IS NULL
ORDER BY event_time DESC, event_id
