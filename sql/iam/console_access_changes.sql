-- title: Console passwords given, changed or taken
-- description: Lists every attempt to let a user sign in to the console with a password, to reset that password, or to take it away.
-- severity: medium
-- mitre: T1098.001, T1098, T1556
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: user text = NULL -- Only the password of this IAM user
--
-- A password made for a service user turns a key into a person's way in; a password reset for another takes over the
-- user.
-- Expected: joiners, forgotten passwords, leavers, by the people in charge. Suspicious: for_another is true where that
-- is not the caller's task, a user that only has keys, must_change is false, a ConsoleLogin of the user minutes later.

WITH changes AS (
  SELECT *,
         coalesce(response_elements->'loginProfile'->>'userName', request_parameters->>'userName',
                  regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS for_user
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name IN ('CreateLoginProfile', 'UpdateLoginProfile', 'DeleteLoginProfile')
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
       CASE event_name
         WHEN 'CreateLoginProfile' THEN 'gives a password'
         WHEN 'UpdateLoginProfile' THEN 'resets the password'
         ELSE 'takes the password'
       END AS effect,
       for_user,
       for_user <> coalesce(CASE WHEN principal_type = 'Root' THEN 'root' ELSE user_name END, '') AS for_another,
       (request_parameters->>'passwordResetRequired') = 'true' AS must_change,
       outcome,
       error_code,
       event_id
FROM changes
WHERE $user IS NULL OR for_user = $user
ORDER BY event_time DESC, event_id
